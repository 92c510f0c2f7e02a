//! What is not there, not told apart or out of reach: each has its own answer, and none looks like another.

use crate::{
    calls::{any, bulk_data, bulk_data_request, failed, frames, instance, instances, instances_request, study},
    objects::{Shape, grey, image, object, sibling, words},
    place::Place,
};
use harness::TransferSyntax;
use proto::retrieve::v1::{InstancesRequest, MetadataRequest, instances_response};
use rpc::{Code, Failure, resource_to_proto};
use std::time::Duration;
use uid::{InstanceRef, Resource};

const SHAPE: Shape = Shape { rows: 8, columns: 8, frames: 2, bits_allocated: 16 };

/// How each of the four calls fails for this instance and its study.
async fn codes(place: &Place, of: &InstanceRef) -> Vec<Code> {
    let mut codes = vec![failed(frames(place, of, &[1], any()).await)];
    for resource in [instance(of), study(of)] {
        codes.push(failed(instances(place, instances_request(&resource, any())).await));
        codes.push(failed(bulk_data(place, bulk_data_request(&resource, "", any())).await));
    }
    codes
}

async fn metadata_code(place: &Place, resource: &Resource) -> Result<(), Failure> {
    let request = MetadataRequest { resource: Some(resource_to_proto(resource)), describe_only: false };
    let stream = place.client.clone().metadata(place.call(request)).await;
    let mut stream = stream.map_err(|status| Failure::from(&status))?.into_inner();
    while stream.message().await.map_err(|status| Failure::from(&status))?.is_some() {}
    Ok(())
}

#[tokio::test]
async fn unknown_uids_are_not_found_at_every_level() {
    let place = Place::open().await;
    let stored = place.store(&grey(SHAPE, TransferSyntax::ExplicitLittle).0).await;
    let other = place.store(&grey(SHAPE, TransferSyntax::ExplicitLittle).0).await;
    let unknown: InstanceRef = InstanceRef {
        study: "1.2.3".parse().unwrap(),
        series: "1.2.4".parse().unwrap(),
        instance: "1.2.5".parse().unwrap(),
    };
    assert!(codes(&place, &unknown).await.iter().all(|code| *code == Code::NotFound));
    assert_eq!(failed(metadata_code(&place, &study(&unknown)).await), Code::NotFound);
    // An instance that exists, but not in the series or study that is named.
    for wrong in [
        InstanceRef { study: other.study.clone(), ..stored.clone() },
        InstanceRef { series: other.series.clone(), ..stored.clone() },
    ] {
        assert_eq!(failed(frames(&place, &wrong, &[1], any()).await), Code::NotFound);
        assert_eq!(failed(instances(&place, instances_request(&instance(&wrong), any())).await), Code::NotFound);
        assert_eq!(failed(metadata_code(&place, &instance(&wrong)).await), Code::NotFound);
    }
}

#[tokio::test]
async fn what_is_in_two_facilities_has_to_be_told_apart_and_a_foreign_one_is_not_there() {
    let mut place = Place::open().await;
    let (bytes, _) = grey(SHAPE, TransferSyntax::ExplicitLittle);
    let stored = place.store_to("north", &bytes).await;
    place.store_to("south", &bytes).await;
    place.see(&["north", "south"]);
    let failure = frames(&place, &stored, &[1], any()).await.unwrap_err();
    assert_eq!((failure.code, failure.facilities), (Code::Conflict, vec!["north".to_owned(), "south".to_owned()]));
    assert!(codes(&place, &stored).await.iter().all(|code| *code == Code::Conflict));
    assert_eq!(failed(metadata_code(&place, &study(&stored)).await), Code::Conflict);
    place.see(&["north"]);
    assert_eq!(frames(&place, &stored, &[1], any()).await.unwrap().parts.len(), 1);
    place.see(&["west"]);
    assert!(codes(&place, &stored).await.iter().all(|code| *code == Code::NotFound));
}

#[tokio::test]
async fn an_object_that_the_archive_lost_is_a_failure_never_not_found_and_never_skipped() {
    let place = Place::open().await;
    let mut set = image(SHAPE);
    set.put(0x7FE0_0010, "OW", words(&[1; 256]));
    let first = place.store(&object(&set, TransferSyntax::ExplicitLittle)).await;
    let second = place.store(&object(&sibling(&set, 2), TransferSyntax::ExplicitLittle)).await;
    place.archive.remove(&place.key_of(&second).await).await.unwrap();
    assert!(codes(&place, &second).await.iter().all(|code| *code == Code::Internal));
    // The first is there, but the study is not whole without the second.
    assert_eq!(failed(instances(&place, instances_request(&study(&first), any())).await), Code::Internal);
}

#[tokio::test]
async fn an_archive_that_is_away_is_unavailable() {
    let place = Place::open().await;
    let stored = place.store(&grey(SHAPE, TransferSyntax::ExplicitLittle).0).await;
    let objects = place.folder.path().join("objects");
    std::fs::rename(&objects, place.folder.path().join("away")).unwrap();
    std::fs::create_dir(&objects).unwrap();
    assert!(codes(&place, &stored).await.iter().all(|code| *code == Code::Unavailable));
}

#[tokio::test]
async fn a_cut_object_is_a_failure() {
    let place = Place::open().await;
    for syntax in [TransferSyntax::ExplicitLittle, TransferSyntax::ImplicitLittle, TransferSyntax::Deflated] {
        let (bytes, _) = grey(SHAPE, syntax);
        let stored = place.store(&bytes).await;
        let path = place.folder.path().join("objects").join(place.key_of(&stored).await.to_string());
        std::fs::write(path, &bytes[..bytes.len() - 40]).unwrap();
        assert_eq!(failed(frames(&place, &stored, &[2], any()).await), Code::Internal);
        for accepted in [any(), crate::calls::listed(&[])] {
            assert_eq!(
                failed(instances(&place, instances_request(&instance(&stored), accepted)).await),
                Code::Internal
            );
        }
    }
}

#[tokio::test]
async fn calls_that_cannot_be_read_are_refused() {
    let place = Place::open().await;
    let stored = place.store(&grey(SHAPE, TransferSyntax::ExplicitLittle).0).await;
    let nothing = InstancesRequest::default();
    assert_eq!(failed(instances(&place, nothing).await), Code::InvalidRequest);
    let request = instances_request(&instance(&stored), any());
    let without_context = place.client.clone().instances(request).await.unwrap_err();
    assert_eq!(Failure::from(&without_context).code, Code::Internal);
}

#[tokio::test]
async fn a_caller_that_goes_away_or_stalls_holds_nothing_up() {
    let place = Place::open().await;
    let shape = Shape { rows: 1024, columns: 1024, frames: 8, bits_allocated: 16 };
    let (bytes, _) = grey(shape, TransferSyntax::ExplicitLittle);
    let stored = place.store(&bytes).await;
    let mut idle = Vec::new();
    for _ in 0..60 {
        let call = place.call(instances_request(&instance(&stored), any()));
        let mut stream = place.client.clone().instances(call).await.unwrap().into_inner();
        let first = stream.message().await.unwrap().unwrap().message;
        assert!(matches!(first, Some(instances_response::Message::Header(_))));
        idle.push(stream);
    }
    idle.truncate(30);
    let whole = instances(&place, instances_request(&instance(&stored), any()));
    let answer = tokio::time::timeout(Duration::from_secs(20), whole).await.unwrap().unwrap();
    assert!(answer.only() == bytes);
}
