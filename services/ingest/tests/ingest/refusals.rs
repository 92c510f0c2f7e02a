//! Parts that cannot be stored, beside good ones that are.

use super::deployment::{Deployment, as_refused, as_stored, config, message, name, part, request, start};
use harness::{Instance, Series};
use ingest::{Config, DataSetLimits};
use proto::ingest::v1::{StoreRequest, store_request::Message};
use rpc::Code;

#[tokio::test(flavor = "multi_thread")]
async fn bad_parts_do_not_spoil_good_ones() {
    for buffered_instance_bytes in [1 << 20, 4096] {
        let deployment = Deployment::with(Config { buffered_instance_bytes, ..config() }).await;
        let series = Series::small(3);
        let good: Vec<Instance> = series.instances().collect();
        let mut nameless = series.data_set(1);
        nameless.remove(0x0020_000E);
        let nameless = series.finish(nameless);
        let cut = good[1].bytes.slice(..good[1].bytes.len() - 1000);
        let text = b"this is no DICOM object, and much too long to be a preamble. ".repeat(400);
        let parts: Vec<&[u8]> = vec![&good[0].bytes, &text, &good[1].bytes, &cut, &nameless.bytes, b"", &good[2].bytes];

        let answers = deployment.store(&parts).await;
        for (number, instance) in [(0, &good[0]), (2, &good[1]), (6, &good[2])] {
            assert!(!as_stored(&answers[number]).already);
            assert_eq!(deployment.stored(&name(instance)).await, instance.bytes);
        }
        for (number, reason) in [(1, 0xC000), (3, 0xC000), (4, 0xA900), (5, 0xC000)] {
            let refused = as_refused(&answers[number]);
            assert_eq!((refused.reason, refused.transient), (reason, false), "part {number}: {}", refused.detail);
            assert!(!refused.detail.is_empty());
        }
        assert_eq!(answers[1].sop_instance_uid, "");
        assert_eq!(answers[3].sop_instance_uid, good[1].instance);
        assert_eq!(answers[3].sop_class_uid, good[1].sop_class);

        deployment.sweep().await;
        assert_eq!(deployment.objects(), 3);
        assert!(deployment.writer.all_intents().await.unwrap().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_of_another_study_are_refused() {
    for buffered_instance_bytes in [1 << 20, 4096] {
        let deployment = Deployment::with(Config { buffered_instance_bytes, ..config() }).await;
        let (right, wrong) = (Series::small(1).instance(1), Series::small(1).instance(1));
        let mut messages = vec![start(&right.study)];
        messages.extend(part(&wrong.bytes));
        messages.extend(part(&right.bytes));

        let (answers, failure) = deployment.send(messages).await;
        assert_eq!(failure, None);
        let refused = as_refused(&answers[0]);
        assert_eq!((refused.reason, refused.transient), (43265, false));
        assert_eq!(answers[0].study_instance_uid, wrong.study);
        assert!(!as_stored(&answers[1]).already);
        assert!(matches!(deployment.find(&name(&wrong)).await, Err(catalog::Error::NotFound)));
        deployment.sweep().await;
        assert_eq!(deployment.objects(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_beyond_the_limits_are_refused() {
    let limits = DataSetLimits { elements: 20, ..DataSetLimits::default() };
    let deployment = Deployment::with(Config { data_set: limits, ..config() }).await;
    let answers = deployment.store(&[Series::small(1).instance(1)]).await;
    assert_eq!(as_refused(&answers[0]).reason, 0xC000);

    let deployment = Deployment::with(Config { max_instance_bytes: 100_000, ..config() }).await;
    let (large, small) = (Series::ct(1).instance(1), Series::small(1).instance(1));
    let answers = deployment.store(&[&large, &small]).await;
    let refused = as_refused(&answers[0]);
    assert_eq!((refused.reason, refused.transient), (0xA700, false));
    assert!(refused.detail.contains("100000 bytes"));
    assert_eq!(answers[0].sop_instance_uid, large.instance);
    assert!(!as_stored(&answers[1]).already);
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_out_of_order_fail_the_call_but_not_what_was_complete() {
    let deployment = Deployment::start().await;
    let instance = Series::small(1).instance(1);
    let stray: Vec<StoreRequest> = vec![message(Message::Chunk(vec![1].into()))];
    let (answers, failure) = deployment.send(stray).await;
    assert!(answers.is_empty());
    assert_eq!(failure.unwrap().code, Code::InvalidRequest);

    let mut late_start = request(&[&instance]);
    late_start.push(start(""));
    let (answers, failure) = deployment.send(late_start).await;
    assert_eq!(failure.unwrap().code, Code::InvalidRequest);
    assert!(!as_stored(&answers[0]).already);
    assert_eq!(deployment.stored(&name(&instance)).await, instance.bytes);

    let (_, failure) = deployment.send(vec![start("not a uid")]).await;
    assert_eq!(failure.unwrap().code, Code::InvalidRequest);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_without_parts_leaves_nothing() {
    let deployment = Deployment::start().await;
    assert_eq!(deployment.send(vec![start("")]).await, (vec![], None));
    assert_eq!(deployment.send(vec![]).await, (vec![], None));
    assert!(deployment.writer.all_intents().await.unwrap().is_empty());
}
