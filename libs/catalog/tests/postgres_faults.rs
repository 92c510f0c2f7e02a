//! A PostgreSQL server that is away, slow, full or read-only: an outage is never an absence, and passes when its cause does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(dead_code, reason = "the contract tests use the rest of what is shared")]

#[path = "contract/fixture.rs"]
mod fixture;
#[path = "contract/sample.rs"]
mod sample;
#[path = "contract/server.rs"]
mod server;

use catalog::{
    CatalogReader, CatalogWriter, Chunk, CommitOutcome, DuplicatePolicy, Error, IntentId, NewIntent, PostgresOptions,
    Search, open_postgres_reader, open_postgres_writer,
};
use dataset::Level;
use fixture::{NOW, north, scope_of};
use futures::future::join_all;
use harness::postgres::{Database, INGEST, QUERY};
use sample::Sample;
use server::{Prepared, options};
use std::time::{Duration, Instant};

/// How long after the return of the server everything must work again.
const RECOVERY: Duration = Duration::from_secs(5);

/// A catalog on a server of its own, with one instance in it.
struct Fixture {
    prepared: Prepared,
    database: Database,
    writer: CatalogWriter,
    reader: CatalogReader,
}

fn impatient(database: &Database, role: &str) -> PostgresOptions {
    let mut options = options(database, role);
    options.acquire_timeout = Duration::from_secs(1);
    options.connect_timeout = Duration::from_secs(2);
    options.statement_timeout = Duration::from_secs(2);
    options.lock_timeout = Duration::from_secs(1);
    options
}

impl Fixture {
    async fn new(settings: &'static [&'static str]) -> Self {
        let prepared = Prepared::start(settings).await;
        let database = prepared.database();
        let writer = open_postgres_writer(&impatient(&database, INGEST)).await.unwrap();
        let reader = open_postgres_reader(&impatient(&database, QUERY)).await.unwrap();
        let fixture = Self { prepared, database, writer, reader };
        fixture.store(1).await.unwrap();
        fixture
    }

    async fn store(&self, instance: u32) -> Result<Vec<CommitOutcome>, Error> {
        let key = format!("ab/{}", uuid::Uuid::new_v4());
        let intent = self.writer.begin(NewIntent { keys: vec![key.clone()], now: NOW }).await?;
        self.writer.commit(chunk(intent, instance, &key)).await
    }

    /// Nothing is reported as missing or empty.
    async fn assert_outage(&self) {
        let (scope, sample) = (scope_of(&north()), Sample::new(1, 1, 1));
        let results = [
            self.reader.find(&scope, &sample.study()).await.err(),
            self.reader.instance(&scope, &sample.uids).await.err(),
            self.reader.search(&scope, &Search::new(Level::Study)).await.err(),
            self.reader.disagreements(&scope, None, 10).await.err(),
            self.reader.probe().await.err(),
            self.writer.stale_intents(NOW).await.err(),
        ];
        for error in results {
            assert!(matches!(error, Some(Error::Unavailable { .. } | Error::Busy)), "{error:?}");
        }
        self.assert_no_writes().await;
    }

    async fn assert_no_writes(&self) {
        let (scope, sample) = (scope_of(&north()), Sample::new(1, 1, 1));
        let results = [
            self.store(99).await.err(),
            self.writer.delete(&scope, &sample.study(), NOW, 0).await.err(),
            self.writer.probe().await.err(),
        ];
        for error in results {
            assert!(matches!(error, Some(Error::Unavailable { .. } | Error::Busy)), "{error:?}");
        }
    }

    /// Waits until everything works, and not for long; meanwhile nothing is reported as missing.
    async fn assert_recovery(&self) {
        let began = Instant::now();
        let scope = scope_of(&north());
        loop {
            let found = self.reader.instance(&scope, &Sample::new(1, 1, 1).uids).await.err();
            let listed = self.reader.search(&scope, &Search::new(Level::Instance)).await;
            let written = self.writer.probe().await.err();
            assert!(!matches!(found, Some(Error::NotFound)), "an outage is no absence");
            assert!(listed.as_ref().map_or(true, |page| !page.rows.is_empty()), "an outage is no empty page");
            if found.is_none() && listed.is_ok() && written.is_none() {
                break;
            }
            assert!(began.elapsed() < RECOVERY, "{found:?} {written:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        // From now on everything does, whichever connection it gets.
        let stored = join_all((0..12).map(|n| self.store(1000 + n))).await;
        assert!(stored.iter().all(Result::is_ok), "{stored:?}");
        let uids = Sample::new(1, 1, 1).uids;
        let found = join_all((0..12).map(|_| self.reader.instance(&scope, &uids))).await;
        assert!(found.iter().all(Result::is_ok), "{found:?}");
    }
}

fn chunk(intent: IntentId, instance: u32, key: &str) -> Chunk {
    let instances = vec![Sample::new(1, 1, instance).to_new(key)];
    Chunk { intent, facility: north(), instances, duplicates: DuplicatePolicy::Refuse, now: NOW }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_stopped_is_used_again() {
    let fixture = Fixture::new(&[]).await;
    tokio::task::block_in_place(|| fixture.prepared.server.stop());
    fixture.assert_outage().await;
    tokio::task::block_in_place(|| fixture.prepared.server.start_again());
    fixture.assert_recovery().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_killed_under_load_keeps_what_was_acknowledged() {
    let fixture = Fixture::new(&["synchronous_commit=off"]).await;
    let stores = async {
        let mut acknowledged = Vec::new();
        for n in 2..400_u32 {
            match fixture.store(n).await {
                Ok(_) => acknowledged.push(n),
                Err(error) => assert!(matches!(error, Error::Unavailable { .. } | Error::Busy), "{error:?}"),
            }
            if n % 20 == 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        acknowledged
    };
    let killed = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        tokio::task::block_in_place(|| {
            fixture.prepared.server.kill();
            fixture.prepared.server.start_again();
        });
    };
    let (acknowledged, ()) = futures::future::join(stores, killed).await;
    fixture.assert_recovery().await;
    assert!(!acknowledged.is_empty());
    for instance in acknowledged {
        let uids = Sample::new(1, 1, instance).uids;
        assert!(fixture.reader.instance(&scope_of(&north()), &uids).await.is_ok(), "instance {instance} is lost");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_hangs_is_not_waited_for() {
    let fixture = Fixture::new(&[]).await;
    fixture.prepared.server.signal("STOP");
    let began = Instant::now();
    fixture.assert_outage().await;
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    fixture.prepared.server.signal("CONT");
    fixture.assert_recovery().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_only_reads_is_read() {
    let fixture = Fixture::new(&[]).await;
    // As after a failover, for those who write; their connections are cut.
    let turn = |on: &str| {
        let database = fixture.database.name();
        fixture.database.run(&format!(
            "ALTER ROLE {INGEST} IN DATABASE {database} SET default_transaction_read_only = {on}; \
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{INGEST}'"
        ));
    };
    turn("on");
    tokio::time::sleep(Duration::from_millis(400)).await;
    fixture.assert_no_writes().await;
    fixture.reader.instance(&scope_of(&north()), &Sample::new(1, 1, 1).uids).await.unwrap();
    turn("off");
    fixture.assert_recovery().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_free_connections_is_an_outage() {
    let fixture = Fixture::new(&["max_connections=16", "superuser_reserved_connections=3"]).await;
    fixture.prepared.server.stop();
    fixture.prepared.server.start_again();
    let mut taken = Vec::new();
    use sqlx::Connection as _;
    while let Ok(connection) = sqlx::PgConnection::connect(&fixture.database.url(QUERY)).await {
        taken.push(connection);
    }
    assert!(!taken.is_empty());
    fixture.assert_outage().await;
    taken.clear();
    fixture.assert_recovery().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_without_free_connections_is_an_outage() {
    let fixture = Fixture::new(&[]).await;
    fixture.database.run("CREATE FUNCTION catalog.slow() RETURNS TEXT[] LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(1.5); RETURN NULL; END $$; \
        ALTER POLICY in_scope ON catalog.study USING (facility = ANY ((SELECT catalog.slow())::TEXT[]))");
    let scope = scope_of(&north());
    let study = Sample::new(1, 1, 1).study();
    let found = join_all((0..20).map(|_| fixture.reader.find(&scope, &study))).await;
    let outages = found.iter().filter(|result| matches!(result, Err(Error::Unavailable { .. } | Error::Busy))).count();
    assert!(outages >= 10, "six connections, a second each: {outages}");
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_statements_and_locks_are_not_waited_for() {
    let fixture = Fixture::new(&[]).await;
    // Whoever has the whole table holds up everybody else.
    use sqlx::{Connection as _, Executor as _};
    let mut other = sqlx::PgConnection::connect(&fixture.database.administrator_url()).await.unwrap();
    other
        .execute("BEGIN; LOCK TABLE catalog.study, catalog.instance, catalog.intent IN ACCESS EXCLUSIVE MODE")
        .await
        .unwrap();
    let (scope, sample) = (scope_of(&north()), Sample::new(1, 1, 1));
    let began = Instant::now();
    let results = [
        fixture.reader.find(&scope, &sample.study()).await.err(),
        fixture.reader.search(&scope, &Search::new(Level::Study)).await.err(),
        fixture.store(5).await.err(),
        fixture.writer.delete(&scope, &sample.study(), NOW, 0).await.err(),
    ];
    for error in results {
        assert!(matches!(error, Some(Error::Unavailable { .. } | Error::Busy)), "{error:?}");
    }
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    other.execute("ROLLBACK").await.unwrap();
    fixture.assert_recovery().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_is_lost_is_never_reported_as_done() {
    let fixture = Fixture::new(&[]).await;
    // The server ends the connection while it commits.
    fixture.database.run(
        "CREATE FUNCTION catalog.leave() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN \
        PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$; \
        CREATE CONSTRAINT TRIGGER leave AFTER INSERT ON catalog.instance DEFERRABLE INITIALLY DEFERRED \
        FOR EACH ROW EXECUTE FUNCTION catalog.leave(); GRANT EXECUTE ON FUNCTION catalog.leave() TO PUBLIC",
    );
    let key = "ab/lost".to_owned();
    let intent = fixture.writer.begin(NewIntent { keys: vec![key.clone()], now: NOW }).await.unwrap();
    let lost = fixture.writer.commit(chunk(intent.clone(), 2, &key)).await;
    assert!(matches!(lost, Err(Error::Unavailable { .. })), "{lost:?}");
    // This one did not take place; its intent is there for the sweep.
    assert_eq!(fixture.writer.all_intents().await.unwrap().len(), 1);
    fixture.database.run("DROP TRIGGER leave ON catalog.instance");
    fixture.writer.abandon(&intent, NOW).await.unwrap();
    assert_eq!(fixture.writer.due_removals(NOW, 10).await.unwrap().len(), 1);
    fixture.assert_recovery().await;
}
