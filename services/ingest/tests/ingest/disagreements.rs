//! Instances that disagree with their study about the patient are stored, never silently.

use super::deployment::{Deployment, as_stored, name};
use harness::Series;

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
