//! What travels with each call: the request's id, its principal and the facility it names.

use crate::{Code, Failure};
use access::{Deleting, Denied, FacilityId, Principal, Role, Scope, Storing, WayIn};
use proto::resource::v1 as wire;
use tonic::{Request, Status, metadata::MetadataValue};
use uid::{InstanceRef, Resource, SeriesRef};

const METADATA: &str = "noctis-context-bin";

/// On whose behalf, and for which request, a call is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// The id that logs, answers and errors of the request carry.
    pub request_id: String,
    /// Who asks.
    pub principal: Principal,
    /// The facility that the request names; none on the plain root.
    pub facility: Option<FacilityId>,
}

impl Context {
    /// Puts the context on an outgoing call.
    pub fn attach<T>(&self, request: &mut Request<T>) {
        let encoded = prost::Message::encode_to_vec(&to_wire(self));
        request.metadata_mut().insert_bin(METADATA, MetadataValue::from_bytes(&encoded));
    }

    /// Reads the context of an incoming call.
    ///
    /// # Errors
    /// An internal failure where there is none, or none that can be read: a call without a principal is never served.
    pub fn read<T>(request: &Request<T>) -> Result<Self, Status> {
        request
            .metadata()
            .get_bin(METADATA)
            .and_then(|value| value.to_bytes().ok())
            .and_then(|bytes| <wire::Context as prost::Message>::decode(bytes).ok())
            .and_then(from_wire)
            .ok_or_else(|| Failure::new(Code::Internal, "a call between services carries no principal").into())
    }

    /// What the request may see.
    ///
    /// # Errors
    /// `Forbidden` where no role of the principal allows it; `NotFound` for a facility that it does not reach: what may not
    /// be seen does not exist.
    pub fn may_see(&self) -> Result<Scope, Failure> {
        self.principal.may_see(self.facility.as_ref()).map_err(to_failure)
    }

    /// Where the request stores to.
    ///
    /// # Errors
    /// As [`Self::may_see`].
    pub fn may_store(&self) -> Result<Storing, Failure> {
        self.principal.may_store(self.facility.as_ref()).map_err(to_failure)
    }

    /// Where the request may delete and decide disagreements.
    ///
    /// # Errors
    /// As [`Self::may_see`].
    pub fn may_delete(&self) -> Result<Deleting, Failure> {
        self.principal.may_delete(self.facility.as_ref()).map_err(to_failure)
    }

    /// Whether the facility that the request names is one that the principal reaches.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn reaches_facility(&self) -> Result<(), Failure> {
        self.principal.reaches(self.facility.as_ref()).map_err(to_failure)
    }
}

fn to_failure(denied: Denied) -> Failure {
    let code = match denied {
        Denied::Facility => Code::NotFound,
        Denied::Role => Code::Forbidden,
    };
    Failure::new(code, denied.to_string())
}

fn to_wire(context: &Context) -> wire::Context {
    let principal = &context.principal;
    wire::Context {
        request_id: context.request_id.clone(),
        principal: Some(wire::Principal {
            subject: principal.subject().to_owned(),
            facilities: principal.facilities().iter().map(ToString::to_string).collect(),
            home: principal.home().to_string(),
            way_in: match principal.way_in() {
                WayIn::Trial => wire::WayIn::Trial,
                WayIn::CommandLine => wire::WayIn::CommandLine,
                WayIn::BearerToken => wire::WayIn::BearerToken,
                WayIn::ApiToken => wire::WayIn::ApiToken,
                WayIn::Session => wire::WayIn::Session,
            }
            .into(),
            roles: principal.roles().iter().map(|role| role_to_wire(*role).into()).collect(),
        }),
        facility: context.facility.as_ref().map(ToString::to_string).unwrap_or_default(),
    }
}

fn from_wire(context: wire::Context) -> Option<Context> {
    let principal = context.principal?;
    let way_in = match principal.way_in() {
        wire::WayIn::Unspecified => return None,
        wire::WayIn::Trial => WayIn::Trial,
        wire::WayIn::CommandLine => WayIn::CommandLine,
        wire::WayIn::BearerToken => WayIn::BearerToken,
        wire::WayIn::ApiToken => WayIn::ApiToken,
        wire::WayIn::Session => WayIn::Session,
    };
    let roles = principal.roles().map(role_from_wire).collect::<Option<Vec<Role>>>()?;
    let facilities = principal.facilities.iter().map(|name| name.parse().ok()).collect::<Option<Vec<FacilityId>>>()?;
    let home = principal.home.parse().ok()?;
    let facility = match context.facility.as_str() {
        "" => None,
        name => Some(name.parse().ok()?),
    };
    Some(Context {
        request_id: context.request_id,
        principal: Principal::new(principal.subject, roles, facilities, home, way_in),
        facility,
    })
}

fn role_to_wire(role: Role) -> wire::Role {
    match role {
        Role::Administrator => wire::Role::Administrator,
        Role::Radiologist => wire::Role::Radiologist,
        Role::FacilityUser => wire::Role::FacilityUser,
        Role::SendingSystem => wire::Role::SendingSystem,
        Role::StoreOnly => wire::Role::StoreOnly,
    }
}

fn role_from_wire(role: wire::Role) -> Option<Role> {
    Some(match role {
        wire::Role::Unspecified => return None,
        wire::Role::Administrator => Role::Administrator,
        wire::Role::Radiologist => Role::Radiologist,
        wire::Role::FacilityUser => Role::FacilityUser,
        wire::Role::SendingSystem => Role::SendingSystem,
        wire::Role::StoreOnly => Role::StoreOnly,
    })
}

/// A resource as it crosses the wire.
#[must_use]
pub fn resource_to_proto(resource: &Resource) -> wire::Resource {
    wire::Resource {
        study_instance_uid: resource.study().to_string(),
        series_instance_uid: resource.series().map(ToString::to_string).unwrap_or_default(),
        sop_instance_uid: resource.instance().map(ToString::to_string).unwrap_or_default(),
    }
}

/// A resource as it came from the wire.
///
/// # Errors
/// `InvalidRequest` where it is missing, a UID is malformed, or a lower level is named without its upper one.
pub fn resource_from_proto(resource: Option<wire::Resource>) -> Result<Resource, Failure> {
    let invalid = |what: &str| Failure::new(Code::InvalidRequest, what.to_owned());
    let resource = resource.ok_or_else(|| invalid("no resource is named"))?;
    let study =
        resource.study_instance_uid.parse().map_err(|error| invalid(&format!("Study Instance UID: {error}")))?;
    if resource.series_instance_uid.is_empty() {
        return if resource.sop_instance_uid.is_empty() {
            Ok(Resource::Study(study))
        } else {
            Err(invalid("an instance is named without its series"))
        };
    }
    let series =
        resource.series_instance_uid.parse().map_err(|error| invalid(&format!("Series Instance UID: {error}")))?;
    if resource.sop_instance_uid.is_empty() {
        return Ok(Resource::Series(SeriesRef { study, series }));
    }
    let instance = resource.sop_instance_uid.parse().map_err(|error| invalid(&format!("SOP Instance UID: {error}")))?;
    Ok(Resource::Instance(InstanceRef { study, series, instance }))
}

#[cfg(test)]
mod tests {
    use super::{Context, resource_from_proto, resource_to_proto};
    use crate::Code;
    use access::{FacilityId, Principal, Role, WayIn};
    use tonic::Request;
    use uid::Resource;

    fn context(facility: Option<FacilityId>) -> Context {
        let home = FacilityId::default_facility();
        Context {
            request_id: "r-1".into(),
            principal: Principal::new("someone".into(), vec![Role::Administrator], vec![], home, WayIn::Trial),
            facility,
        }
    }

    #[test]
    fn a_context_crosses_unchanged() {
        for facility in [None, "north".parse().ok()] {
            let sent = context(facility);
            let mut request = Request::new(());
            sent.attach(&mut request);
            assert_eq!(Context::read(&request).ok(), Some(sent));
        }
    }

    #[test]
    fn a_call_without_a_principal_is_refused() {
        assert_eq!(Context::read(&Request::new(())).err().map(|status| status.code()), Some(tonic::Code::Internal));
    }

    #[test]
    fn a_facility_out_of_sight_is_not_found() {
        let scope = context("north".parse().ok()).may_see();
        assert_eq!(scope.err().map(|failure| failure.code), Some(Code::NotFound));
    }

    #[test]
    fn resources_cross_unchanged_and_gaps_are_refused() {
        let resource = "1.2".parse().map(Resource::Study);
        let Ok(resource) = resource else { return assert!(resource.is_ok()) };
        assert_eq!(resource_from_proto(Some(resource_to_proto(&resource))), Ok(resource.clone()));

        let mut gap = resource_to_proto(&resource);
        gap.sop_instance_uid = "1.3".into();
        assert_eq!(resource_from_proto(Some(gap)).map_err(|failure| failure.code), Err(Code::InvalidRequest));
        assert_eq!(resource_from_proto(None).map_err(|failure| failure.code), Err(Code::InvalidRequest));
    }
}
