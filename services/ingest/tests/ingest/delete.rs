//! Deletes at every level.

use super::deployment::{Deployment, name, scope};
use harness::{Instance, Series};
use rpc::Code;
use uid::{Resource, SeriesRef};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_deleted_is_gone_at_once_and_its_object_after_the_grace_period() {
    let deployment = Deployment::start().await;
    let first = Series::small(3);
    let second = first.sibling(2);
    let instances: Vec<Instance> = first.instances().chain(second.instances()).collect();
    deployment.store(&instances).await;
    let study = Resource::Study(first.study.parse().unwrap());
    let series =
        Resource::Series(SeriesRef { study: first.study.parse().unwrap(), series: second.series.parse().unwrap() });

    let one = Resource::Instance(name(&instances[0]));
    let kept = deployment.find(&name(&instances[0])).await.unwrap();
    assert_eq!(deployment.delete(&one).await, Ok(1));
    assert_eq!(deployment.delete(&one).await.unwrap_err().code, Code::NotFound);
    assert!(matches!(deployment.find(&name(&instances[0])).await, Err(catalog::Error::NotFound)));
    assert_eq!(deployment.reader.find(&scope("default"), &study).await.unwrap().instance_count, 4);

    deployment.sweep().await;
    let key = kept.key.parse().unwrap();
    assert_eq!(deployment.archive.read(&key, 0..kept.length).await.unwrap(), instances[0].bytes);

    assert_eq!(deployment.delete(&series).await, Ok(2));
    assert_eq!(deployment.delete(&study).await, Ok(2));
    assert_eq!(deployment.delete(&study).await.unwrap_err().code, Code::NotFound);
    deployment.sweep().await;
    assert_eq!(deployment.objects(), 5);

    deployment.pass_seconds(deployment.config.removal_grace_seconds + 1);
    assert!(deployment.sweep().await.removed >= 5);
    assert_eq!(deployment.objects(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_instance_can_be_stored_again() {
    let deployment = Deployment::start().await;
    let instance = Series::small(1).instance(1);
    deployment.store(&[&instance]).await;
    deployment.delete(&Resource::Instance(name(&instance))).await.unwrap();
    let answers = deployment.store(&[&instance]).await;
    assert!(!super::deployment::as_stored(&answers[0]).already);
    deployment.pass_seconds(deployment.config.removal_grace_seconds + 1);
    deployment.sweep().await;
    assert_eq!(deployment.stored(&name(&instance)).await, instance.bytes);
    assert_eq!(deployment.objects(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_out_of_scope_does_not_exist() {
    let deployment = Deployment::start().await;
    let instance = Series::small(1).instance(1);
    deployment.store(&[&instance]).await;
    let resource = Some(rpc::resource_to_proto(&Resource::Instance(name(&instance))));
    let mut request = tonic::Request::new(proto::ingest::v1::DeleteRequest { resource });
    super::deployment::context("north").attach(&mut request);
    let status = deployment.client.clone().delete(request).await.unwrap_err();
    assert_eq!(rpc::Failure::from(&status).code, Code::NotFound);
    assert_eq!(deployment.stored(&name(&instance)).await, instance.bytes);
}
