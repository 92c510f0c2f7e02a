//! How background work of the service fails.

/// Why a sweep or a recovery did not come to its end. What it left undone the next one does.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The catalog did not do its part.
    #[error("the catalog failed")]
    Catalog(#[from] catalog::Error),
    /// The archive did not do its part.
    #[error("the archive failed")]
    Archive(#[from] archive::Error),
}
