//! What becomes of each kind of error that a PostgreSQL server gives: an outage is told from a defect and from damage, for
//! those who read and for those who write, and no text of the server with values in it comes out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(dead_code, reason = "the contract tests use the rest of what is shared")]

#[path = "contract/fixture.rs"]
mod fixture;
#[path = "contract/sample.rs"]
mod sample;
#[path = "contract/server.rs"]
mod server;

use catalog::{Chunk, DuplicatePolicy, Error, NewIntent};
use fixture::{NOW, north, scope_of};
use sample::Sample;
use server::{open, shared};
use std::error::Error as StdError;

/// What an error means to a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Means {
    /// Try again later.
    Outage,
    /// This program asked for what it must not.
    Defect,
    /// What is stored is not as it was written.
    Damage,
}

/// By SQLSTATE (appendix A of PostgreSQL's manual).
const STATES: [(&str, Means); 36] = [
    // Connections.
    ("08000", Means::Outage),
    ("08006", Means::Outage),
    ("08P01", Means::Outage),
    // Logins.
    ("28000", Means::Outage),
    ("28P01", Means::Outage),
    // No such database.
    ("3D000", Means::Outage),
    // Others were in the way.
    ("40001", Means::Outage),
    ("40P01", Means::Outage),
    ("40003", Means::Outage),
    // No resources: disk, memory, connections, a limit of configuration.
    ("53000", Means::Outage),
    ("53100", Means::Outage),
    ("53200", Means::Outage),
    ("53300", Means::Outage),
    ("53400", Means::Outage),
    // Locks.
    ("55006", Means::Outage),
    ("55P03", Means::Outage),
    // Stopped, and about to end or to begin.
    ("57000", Means::Outage),
    ("57014", Means::Outage),
    ("57P01", Means::Outage),
    ("57P02", Means::Outage),
    ("57P03", Means::Outage),
    // The system below, and a replica that is behind.
    ("58000", Means::Outage),
    ("58030", Means::Outage),
    ("72000", Means::Outage),
    // Only reads.
    ("25006", Means::Outage),
    // Prepared for tables as they were; lost by a pooler.
    ("0A000", Means::Outage),
    ("26000", Means::Outage),
    // Broken files.
    ("XX001", Means::Damage),
    ("XX002", Means::Damage),
    // Constraints, rights, statements that make no sense, and what went wrong inside.
    ("23502", Means::Defect),
    ("23514", Means::Defect),
    ("22001", Means::Defect),
    ("42501", Means::Defect),
    ("42703", Means::Defect),
    ("54000", Means::Defect),
    ("XX000", Means::Defect),
];

fn meaning(error: &Error) -> Means {
    match error {
        // Retried until it is given up.
        Error::Unavailable { .. } | Error::Busy => Means::Outage,
        Error::Defect { .. } => Means::Defect,
        Error::Damaged { .. } => Means::Damage,
        other => panic!("{other:?}"),
    }
}

/// Everything that a log could show.
fn shown(error: &Error) -> String {
    let mut shown = format!("{error} {error:?}");
    let mut cause = error.source();
    while let Some(error) = cause {
        shown.push_str(&format!(" {error} {error:?}"));
        cause = error.source();
    }
    shown
}

#[tokio::test(flavor = "multi_thread")]
async fn each_error_of_the_server_means_what_it_says() {
    let database = shared().await.database();
    let (writer, reader) = open(&database).await.unwrap();
    let (scope, key) = (scope_of(&north()), "ab/stored".to_owned());
    // Nobody asks the wall about nothing.
    let intent = writer.begin(NewIntent { keys: vec![key.clone()], now: NOW }).await.unwrap();
    let instances = vec![Sample::new(1, 1, 1).to_new(&key)];
    let chunk = Chunk { intent, facility: north(), instances, duplicates: DuplicatePolicy::Refuse, now: NOW };
    writer.commit(chunk).await.unwrap();
    for (state, means) in STATES {
        // For those who write as a trigger, for those who read as a part of the wall.
        database.run(&format!(
            "CREATE OR REPLACE FUNCTION catalog.fail() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN \
            RAISE EXCEPTION USING ERRCODE = '{state}', MESSAGE = 'Secretname', DETAIL = 'Secretname', HINT = 'Secretname'; \
            END $$; \
            CREATE OR REPLACE FUNCTION catalog.fails() RETURNS TEXT[] LANGUAGE plpgsql AS $$ BEGIN \
            RAISE EXCEPTION USING ERRCODE = '{state}', MESSAGE = 'Secretname', DETAIL = 'Secretname', HINT = 'Secretname'; \
            END $$; \
            CREATE OR REPLACE TRIGGER fail BEFORE INSERT ON catalog.intent FOR EACH ROW EXECUTE FUNCTION catalog.fail(); \
            ALTER POLICY in_scope ON catalog.study USING (facility = ANY ((SELECT catalog.fails())::TEXT[]))"
        ));
        let written = writer.begin(NewIntent { keys: vec![format!("ab/{state}")], now: NOW }).await.err().unwrap();
        assert_eq!(meaning(&written), means, "{state} written: {written:?}");
        let read = reader.find(&scope, &Sample::new(1, 1, 1).study()).await.err().unwrap();
        assert_eq!(meaning(&read), means, "{state} read: {read:?}");
        for error in [&written, &read] {
            let shown = shown(error);
            // Of connections, logins, resources and the server's own state the words are kept: they say what to mend.
            let is_about_server = ["08", "28", "3D", "53", "57P"].iter().any(|class| state.starts_with(class));
            assert!(is_about_server || !shown.contains("Secretname"), "{state}: {shown}");
            assert!(matches!(error, Error::Busy) || shown.contains(state) || is_about_server, "{state}: {shown}");
        }
    }
}
