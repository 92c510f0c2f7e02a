//! What can go wrong in the catalog.

mod fault;
mod refusal;

use access::FacilityId;
use fault::Fault;
pub(crate) use refusal::{Refusal, without_values};
use std::sync::Arc;

/// Why a call of the catalog failed.
///
/// No variant holds patient data, and none shows a UID: `Display` and `Debug` may go into logs.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The catalog holds no such resource in this scope.
    #[error("no such resource")]
    NotFound,
    /// The resource exists in several facilities of the scope, and none of them is the home facility.
    #[error("the resource exists in several facilities")]
    Ambiguous {
        /// The facilities to choose from, in order.
        facilities: Vec<FacilityId>,
    },
    /// The intent was swept or used before: nothing of the chunk was stored, and its objects are to be removed.
    #[error("the intent of this store no longer exists")]
    IntentGone,
    /// A key is not among those of its intent, so that a crash would leave the object behind; or it is in use already.
    #[error("an object key does not belong to the intent")]
    ForeignKey,
    /// Legal hold, or a retention period that has not ended.
    #[error("the resource is under legal hold or retention")]
    Held,
    /// The instance has no such frame, or no frames that can be told apart.
    #[error("no such frame")]
    NoSuchFrame,
    /// More matches than are put into the order that was asked for ([`crate::Search::MAX_SORTED`]).
    #[error("too many matches to be put into this order")]
    TooManyToSort,
    /// Too many operations are waiting. Trying again later helps.
    #[error("the catalog has too much to do")]
    Busy,
    /// The database cannot be reached, is locked by somebody else, or has no room. Trying again later may help.
    #[error("the catalog is not available")]
    Unavailable {
        /// What the database said.
        #[source]
        source: Arc<sqlx::Error>,
    },
    /// The connection to the database would not be protected as its options ask: there is no TLS, or one of both ends does
    /// not trust the other's certificate. Said when the catalog is opened; later it is [`Self::Unavailable`].
    #[error("the connection to the database is not protected as it is to be")]
    Untrusted {
        /// What failed.
        #[source]
        source: Arc<sqlx::Error>,
    },
    /// The writer has ended, with the program or after a defect.
    #[error("the writer of the catalog has ended")]
    WriterGone,
    /// The database refused what this program asked of it: a constraint is broken, or a statement makes no sense. A
    /// defect of this program; trying again does not help.
    #[error("the catalog's database refused an operation")]
    Defect {
        /// What the database said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Stored rows contradict what this program writes, or the file is no database any more.
    #[error("the catalog is damaged")]
    Damaged {
        /// What was met.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The database was made by a release that this one cannot work with.
    #[error("the catalog needs a program that knows schema {needed}; this one knows {known}")]
    NewerSchema {
        /// The least schema version that a program must know.
        needed: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// The schema is missing, or older than this program can work with: it has to be migrated first.
    #[error("the catalog has schema {found}, and this program needs {needed}: migrate it first")]
    OlderSchema {
        /// The newest migration that was applied; 0 if none was.
        found: i64,
        /// The oldest schema that this program can work with.
        needed: i64,
    },
    /// A role that the schema gives rights to does not exist, and the role that migrates may not make it.
    #[error("the database has no role {role}, and the role that migrates may not create one")]
    MissingRole {
        /// Its name.
        role: &'static str,
    },
    /// What says how to reach the database makes no sense, or a file that it names cannot be read.
    #[error("{reason}")]
    Options {
        /// What is wrong.
        reason: &'static str,
        /// Why a file could not be read.
        #[source]
        source: Option<std::io::Error>,
    },
    /// The schema could not be brought up to date.
    #[error("the schema of the catalog could not be migrated")]
    Migration {
        /// What the migration said.
        #[source]
        source: sqlx::migrate::MigrateError,
    },
}

impl Error {
    /// For stored text or bytes that do not have the form in which they were written.
    pub(crate) fn damaged(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Damaged { source: Box::new(source) }
    }
}

impl From<sqlx::Error> for Error {
    fn from(source: sqlx::Error) -> Self {
        match Fault::of(&source) {
            Fault::Surroundings => Self::Unavailable { source: Arc::new(without_values(source)) },
            Fault::Content => match Refusal::of(&source) {
                Some(refusal) => Self::damaged(refusal),
                None => Self::damaged(source),
            },
            Fault::Program => match Refusal::of(&source) {
                Some(refusal) => Self::Defect { source: Box::new(refusal) },
                None => Self::Defect { source: Box::new(source) },
            },
        }
    }
}

impl From<dataset::CorruptPiece> for Error {
    fn from(source: dataset::CorruptPiece) -> Self {
        Self::damaged(source)
    }
}

impl From<uid::InvalidUid> for Error {
    fn from(source: uid::InvalidUid) -> Self {
        Self::damaged(source)
    }
}

impl From<access::InvalidFacility> for Error {
    fn from(source: access::InvalidFacility) -> Self {
        Self::damaged(source)
    }
}
