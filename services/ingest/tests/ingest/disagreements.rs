//! Instances that disagree with their study about the patient are stored, never silently.

use super::deployment::{Deployment, as_stored, context, name, scope};
use harness::Series;
use proto::ingest::v1::ResolveDisagreementRequest;
use rpc::{Code, Failure};

#[tokio::test(flavor = "multi_thread")]
async fn a_disagreement_is_a_warning_that_names_attributes_but_no_values() {
    let deployment = Deployment::start().await;
    let series = Series::small(1);
    deployment.store(&[series.instance(1)]).await;
    let other = Series { patient_id: "SOMEBODY-ELSE".into(), birth_date: "19990909".into(), ..series.sibling(1) };
    let stranger = other.instance(1);

    let answers = deployment.store(&[&stranger]).await;
    let warnings = &as_stored(&answers[0]).warnings;
    assert_eq!(warnings.len(), 1);
    assert_eq!(warnings[0].reason, 0xB007);
    for keyword in ["PatientID", "PatientBirthDate"] {
        assert!(warnings[0].detail.contains(keyword), "{}", warnings[0].detail);
    }
    for value in ["SOMEBODY-ELSE", "19990909", &series.patient_id, "PatientName"] {
        assert!(!warnings[0].detail.contains(value), "{}", warnings[0].detail);
    }
    assert_eq!(deployment.stored(&name(&stranger)).await, stranger.bytes);
}

async fn resolve(deployment: &Deployment, facility: &str, id: i64) -> Result<(), Code> {
    let mut request = tonic::Request::new(ResolveDisagreementRequest { id });
    context(facility).attach(&mut request);
    let answer = deployment.client.clone().resolve_disagreement(request).await;
    answer.map(|_| ()).map_err(|status| Failure::from(&status).code)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disagreement_is_resolved_once_and_only_by_those_who_see_it() {
    let deployment = Deployment::start().await;
    let series = Series::small(1);
    let stranger = Series { patient_id: "SOMEBODY-ELSE".into(), ..series.sibling(1) }.instance(1);
    deployment.store(&[&series.instance(1), &stranger]).await;
    let listed = async || deployment.reader.disagreements(&scope("default"), None, 10).await.unwrap();
    let id = listed().await[0].id;

    assert_eq!(resolve(&deployment, "north", id).await, Err(Code::NotFound));
    assert_eq!(resolve(&deployment, "default", id + 1).await, Err(Code::NotFound));
    assert_eq!(listed().await.len(), 1);
    assert_eq!(resolve(&deployment, "default", id).await, Ok(()));
    assert!(listed().await.is_empty());
    assert_eq!(resolve(&deployment, "default", id).await, Err(Code::NotFound));
    assert_eq!(deployment.stored(&name(&stranger)).await, stranger.bytes);
}
