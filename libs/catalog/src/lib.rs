//! The catalog: the index of all studies, series and instances, and of the objects in the archive that hold them.
//!
//! Knows: which instances exist and in which facility, what can be searched, where their bytes, frames and bulk values
//! lie, what is being stored and what is to be removed. Refuses to know: HTTP, gRPC, how objects are kept, what time it
//! is. Every read and every delete takes a [`access::Scope`]; nothing outside of it exists for the caller.

mod commit;
mod error;
pub mod identity;
mod intent;
mod matching;
mod postgres;
mod prepare;
mod queue;
mod reader;
mod reading;
mod removal;
mod schema;
mod search;
mod searching;
mod sqlite;
mod stored;
mod stored_attributes;
mod telemetry;
mod timestamp;
mod writer;
mod writing;
mod zone;

pub use commit::{Chunk, CommitOutcome, Disagreement, DuplicatePolicy, NewInstance, Refused};
pub use error::Error;
pub use intent::{Intent, IntentId, NewIntent};
pub use postgres::{
    Applied, Password, PostgresOptions, Tls, migrate_postgres, open_postgres, open_postgres_reader,
    open_postgres_writer,
};
pub use reader::CatalogReader;
pub use removal::{Deleted, NotedDisagreement, Protection, Removal};
pub use search::{Match, Moment, OrderBy, Page, Remaining, ReturnTags, Row, Search, SearchMatch, time_beside};
pub use sqlite::{SqliteOptions, open_sqlite};
pub use stored::{Cursor, Found, NativePixels, Prepared, StoredInstance, StoredPixels};
pub use telemetry::describe_metrics;
pub use timestamp::Timestamp;
pub use writer::CatalogWriter;
pub use zone::{InvalidOffset, UtcOffset, Zone};
