//! The time of day jumps under running processes, forward and back: as when a clock that was wrong for long is set right.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use harness::{Client, Instance, Series, SteppedClock, eventually};

use crate::{
    ROOT, STUDIES,
    trial::{RECOVERY, Trial, builder, shared_stores},
};

/// How long objects stay after their instances were deleted or replaced.
const GRACE: Duration = Duration::from_secs(300);
/// Further than the time after which a store request without a sign of life is taken for dead, and than [`GRACE`]; not so far
/// that an S3 server refuses what is signed then.
const STEP: i64 = 600;
/// So far that it does.
const FAR: i64 = 2 * 86_400;

/// What the archive has to show, whatever time it is.
struct Holdings {
    kept: Vec<Instance>,
    deleted: Vec<Instance>,
}

impl Holdings {
    /// Stores instances, of which some are replaced at once by others of the same name, and some deleted.
    async fn make(client: &Client) -> Self {
        let series = Series::small(9);
        client.store(STUDIES, series.instances(), 200).await;
        let renewed = Series { seed: series.seed + 1, ..series.clone() };
        client.store(STUDIES, (1..=3).map(|number| renewed.instance(number)), 200).await;
        for number in 7..=9 {
            client.delete(&format!("{ROOT}{}", series.instance(number).path()), 204).await;
        }
        let kept = (1..=6).map(|number| if number <= 3 { renewed.instance(number) } else { series.instance(number) });
        Self { kept: kept.collect(), deleted: (7..=9).map(|number| series.instance(number)).collect() }
    }

    async fn are_there(&self, client: &Client) {
        for instance in &self.kept {
            let path = instance.path();
            assert!(client.stored(&format!("{ROOT}{path}")).await == instance.bytes, "{path} differs");
        }
        for instance in &self.deleted {
            client.get(&format!("{ROOT}{}", instance.path()), 404).await;
        }
        let series = &self.kept[0];
        let path = format!("{ROOT}/studies/{}/series/{}/instances", series.study, series.series);
        assert_eq!(client.count(&path).await, self.kept.len());
    }
}

fn milliseconds() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// The time at which the last object on the removal list is due, if there is one.
fn last_removal(trial: &Trial) -> Option<i64> {
    trial.place.database.run("SELECT max(due_at) FROM catalog.removal").trim().parse().ok()
}

/// Steps the clock and waits until the archive notes times by it, where it can store then.
async fn step(trial: &Trial, clock: &SteppedClock, ahead: i64) {
    const NEWEST: &str = "SELECT created_at FROM catalog.instance ORDER BY id DESC LIMIT 1";
    clock.step(ahead);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let noted = || trial.place.database.run(NEWEST).trim().parse::<i64>().unwrap() - milliseconds();
    if ahead.abs() < FAR {
        let is_seen = async || (noted() - ahead * 1000).abs() < 10_000;
        eventually(|| format!("{} ms ahead, not {ahead} s", noted()), is_seen).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_clock_jumps_forward_and_back() {
    let clock = SteppedClock::start();
    let builder = builder()
        .env("NOCTIS_INGEST__DUPLICATES", "replace")
        .env("NOCTIS_INGEST__REMOVAL_GRACE_SECONDS", GRACE.as_secs().to_string())
        .env("NOCTIS_INGEST__SWEEP_SECONDS", "1");
    let builder = clock.environment().into_iter().fold(builder, |builder, (name, value)| builder.env(name, value));
    let trial = Trial::start_as(builder, shared_stores().await).await;
    let client = trial.server.client();
    let load = trial.load().await;

    let before = Holdings::make(&client).await;
    assert!(last_removal(&trial).unwrap() > milliseconds() + 200_000);
    step(&trial, &clock, STEP).await;
    load.recovers(RECOVERY).await;
    before.are_there(&client).await;
    // The grace period is over by that clock, and nothing that can be seen goes with it.
    eventually(|| "removals that are due".to_owned(), async || last_removal(&trial).is_none()).await;
    before.are_there(&client).await;

    let ahead = Holdings::make(&client).await;
    step(&trial, &clock, 0).await;
    load.recovers(RECOVERY).await;
    let within = || milliseconds() + i64::try_from(GRACE.as_millis()).unwrap();
    eventually(
        || "removals held up by a wrong time".to_owned(),
        async || last_removal(&trial).is_none_or(|due| due <= within()),
    )
    .await;
    for ahead_by in [-STEP, 0, FAR, -FAR] {
        step(&trial, &clock, ahead_by).await;
        if ahead_by.abs() < FAR {
            load.recovers(RECOVERY).await;
        } else {
            load.goes_on(&["search"], RECOVERY).await;
        }
    }
    step(&trial, &clock, 0).await;
    load.recovers(RECOVERY).await;
    for holdings in [&before, &ahead] {
        holdings.are_there(&client).await;
    }
    drop(client);
    trial.end(load, 20).await;
}
