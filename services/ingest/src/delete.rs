//! Deletes: out of the catalog at once, out of the archive after the grace period.

use crate::{outage::Outage, service::Service, telemetry};
use access::Deleting;
use rpc::{Code, Failure};
use uid::Resource;

/// Deletes a resource and gives the number of its instances.
pub(crate) async fn delete(service: &Service, permission: &Deleting, resource: &Resource) -> Result<u64, Failure> {
    let grace = service.config.removal_grace_millis();
    let deleted =
        service.catalog.delete(permission.scope(), resource, service.clock.now(), grace).await.map_err(to_failure)?;
    telemetry::deleted(deleted.instances);
    Ok(deleted.instances)
}

fn to_failure(error: catalog::Error) -> Failure {
    match error {
        catalog::Error::NotFound => Failure::new(Code::NotFound, "no such resource"),
        catalog::Error::Ambiguous { facilities } => Failure {
            facilities: facilities.iter().map(ToString::to_string).collect(),
            ..Failure::new(Code::Conflict, "the resource exists in several facilities; name one of them")
        },
        catalog::Error::Held => Failure::new(Code::Conflict, "the resource is under legal hold or retention"),
        error => Outage::of_catalog(&error).into(),
    }
}
