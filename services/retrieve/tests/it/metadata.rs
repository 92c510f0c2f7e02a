//! Metadata: the prepared forms of all instances of a resource, in order.

use crate::{
    calls::{instance, series, study},
    objects::{Shape, image, object, sibling},
    place::Place,
};
use bytes::Bytes;
use dataset::prepared::{PreparedPiece, decode, inflate_piece};
use harness::TransferSyntax;
use proto::retrieve::v1::{MetadataHeader, MetadataRequest, metadata_response};
use rpc::resource_to_proto;
use uid::Resource;

async fn metadata(place: &Place, resource: &Resource, describe_only: bool) -> (MetadataHeader, Vec<String>) {
    let request = MetadataRequest { resource: Some(resource_to_proto(resource)), describe_only };
    let mut stream = place.client.clone().metadata(place.call(request)).await.unwrap().into_inner();
    let (mut header, mut all) = (None, Vec::new());
    while let Some(response) = stream.message().await.unwrap() {
        match response.message.unwrap() {
            metadata_response::Message::Header(first) => header = Some(first),
            metadata_response::Message::Batch(batch) => all.extend(batch.prepared.iter().map(|blob| text(blob))),
        }
    }
    (header.unwrap(), all)
}

fn text(blob: &[u8]) -> String {
    let mut text = Vec::new();
    for piece in decode(blob).unwrap() {
        match piece {
            PreparedPiece::Base => text.extend_from_slice(b"http://base"),
            deflated => text.extend_from_slice(&inflate_piece(&deflated).unwrap()),
        }
    }
    String::from_utf8(text).unwrap()
}

#[tokio::test]
async fn metadata_of_all_instances_come_in_order_page_by_page() {
    let place = Place::open().await;
    let set = image(Shape { rows: 2, columns: 2, frames: 1, bits_allocated: 16 });
    let objects: Vec<Bytes> =
        (1..=230).map(|number| object(&sibling(&set, number), TransferSyntax::ExplicitLittle)).collect();
    let stored = place.store_all("default", &objects).await;
    for resource in [series(&stored[0]), study(&stored[0])] {
        let (header, texts) = metadata(&place, &resource, false).await;
        assert_eq!((header.instances, texts.len()), (230, 230));
        for (text, instance) in texts.iter().zip(&stored) {
            assert!(text.starts_with('{') && text.ends_with('}'));
            assert!(text.contains(instance.instance.as_str()));
        }
        let (described, nothing) = metadata(&place, &resource, true).await;
        assert_eq!((described, nothing.len()), (header, 0));
    }
    let (header, texts) = metadata(&place, &instance(&stored[7]), false).await;
    assert_eq!((header.instances, texts.len()), (1, 1));
    assert!(texts[0].contains(stored[7].instance.as_str()));
}
