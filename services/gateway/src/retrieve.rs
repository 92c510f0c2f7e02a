//! Retrieve (PS3.18 10.4): instances, metadata, frames and bulk data.
//!
//! The first message of a service's stream settles status, entity tag and negotiation; what follows becomes the body
//! piece by piece. A stream that fails in the middle breaks the body off: it never looks complete.

mod answer;
mod body;
mod bulkdata;
mod frames;
mod instances;
mod metadata;
mod metadata_xml;
mod objects;
mod settled;

pub(crate) use bulkdata::{bulk_data, bulk_value, pixel_data};
pub(crate) use frames::frames;
pub(crate) use instances::instances;
pub(crate) use metadata::metadata;
pub(crate) use settled::Settled;

use crate::Problem;
use tonic::{Response, Status, Streaming};

/// A service's stream behind its header, which `open` finds in the first message.
async fn opened<M, H>(
    answer: Result<Response<Streaming<M>>, Status>,
    open: impl FnOnce(M) -> Option<H>,
) -> Result<(H, Streaming<M>), Problem> {
    let mut stream = answer?.into_inner();
    let header = stream.message().await?.and_then(open).ok_or_else(|| {
        tracing::error!("an answer of the retrieve service does not begin with its header");
        Problem::internal()
    })?;
    Ok((header, stream))
}
