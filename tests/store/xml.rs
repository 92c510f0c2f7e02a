//! The Store Instances Response in XML (PS3.18 Annex I, PS3.19 A.1): one document.

use harness::{Answer, Client, Instance, Series, multipart_body, multipart_content_type};
use reqwest::Method;

use crate::{ROOT, STUDIES, start};

const BEGIN: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<NativeDicomModel \
                     xmlns=\"http://dicom.nema.org/PS3.19/models/NativeDICOM\" xml:space=\"preserve\">";

async fn store(client: &Client, path: &str, accept: &str, instances: &[&Instance], status: u16) -> Answer {
    let request = client.request(Method::POST, path).header("accept", accept);
    let request = request.header("content-type", multipart_content_type("application/dicom"));
    let answer = client.send(request.body(multipart_body(instances)), status).await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    answer
}

fn attribute(tag: &str, vr: &str, keyword: &str, content: &str) -> String {
    format!("<DicomAttribute tag=\"{tag}\" vr=\"{vr}\" keyword=\"{keyword}\">{content}</DicomAttribute>")
}

fn value(text: &str) -> String {
    format!("<Value number=\"1\">{text}</Value>")
}

fn named(instance: &Instance) -> String {
    [
        attribute("00081150", "UI", "ReferencedSOPClassUID", &value("1.2.840.10008.5.1.4.1.1.2")),
        attribute("00081155", "UI", "ReferencedSOPInstanceUID", &value(&instance.instance)),
    ]
    .concat()
}

#[tokio::test]
async fn the_answer_is_one_document() {
    let server = start().await;
    let series = Series::small(2);
    let instances = [series.instance(1), series.instance(2)];
    let answer = store(
        &server.client(),
        STUDIES,
        "application/dicom+xml, application/dicom+json;q=0.9",
        &instances.iter().collect::<Vec<_>>(),
        200,
    )
    .await;
    assert_eq!(answer.content_type(), "application/dicom+xml");

    let url =
        |path: String| attribute("00081190", "UR", "RetrieveURL", &value(&format!("{}{ROOT}{path}", server.base())));
    let items: String = (1..)
        .zip(&instances)
        .map(|(number, instance)| {
            format!("<Item number=\"{number}\">{}{}</Item>", named(instance), url(instance.path()))
        })
        .collect();
    let sequence = attribute("00081199", "SQ", "ReferencedSOPSequence", &items);
    let expected = format!("{BEGIN}{}{sequence}</NativeDicomModel>", url(series.study_path()));
    assert_eq!(answer.text(), expected);
}

#[tokio::test]
async fn failures_have_their_reasons_and_the_accept_parameter_counts() {
    let server = start().await;
    let instance = Series::small(1).instance(1);
    let path = format!("{STUDIES}/1.2.3?accept=application/dicom%2Bxml");
    let answer = store(&server.client(), &path, "application/dicom+json", &[&instance], 409).await;
    assert_eq!(answer.content_type(), "application/dicom+xml");
    let start = format!(
        "{BEGIN}<DicomAttribute tag=\"00081198\" vr=\"SQ\" keyword=\"FailedSOPSequence\"><Item number=\"1\">{}{}\
         <DicomAttribute tag=\"00741048\" vr=\"SQ\" keyword=\"FailedAttributesSequence\"><Item number=\"1\">\
         <DicomAttribute tag=\"00000902\" vr=\"LO\"",
        named(&instance),
        attribute("00081197", "US", "FailureReason", &value("43265")),
    );
    assert!(answer.text().starts_with(&start), "{}", answer.text());
}
