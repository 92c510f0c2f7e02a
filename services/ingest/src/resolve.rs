//! Resolving of disagreements about the patient, once somebody has looked at them.

use crate::{outage::Outage, service::Service};
use access::Deleting;
use rpc::{Code, Failure};

/// Settles a disagreement: it is listed no more. Neither its study nor its instances change.
pub(crate) async fn resolve(service: &Service, permission: &Deleting, disagreement: i64) -> Result<(), Failure> {
    match service.catalog.resolve(permission.scope(), disagreement, service.clock.now()).await {
        Ok(()) => Ok(()),
        Err(catalog::Error::NotFound) => Err(Failure::new(Code::NotFound, "no such disagreement")),
        Err(error) => Err(Outage::of_catalog(&error).into()),
    }
}
