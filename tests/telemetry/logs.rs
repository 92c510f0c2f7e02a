//! Logs beside traces: lines can be found by the trace of their request, and show nothing else of spans.

use harness::{Series, eventually};
use reqwest::Method;

use crate::{ROOT, STUDIES, Traced, collector::Collector};

#[tokio::test]
async fn lines_name_their_trace_and_look_as_without_traces() {
    for format in ["text", "json"] {
        let collector = Collector::start().await;
        let noctis = Traced::start(&collector.endpoint(), &[("NOCTIS_LOG__FORMAT", format)]).await;
        let client = noctis.client();
        let series = Series::small(1);
        client.store(STUDIES, series.instances(), 200).await;
        for object in noctis.backend.objects() {
            std::fs::remove_file(object).unwrap();
        }
        let id = "0af7651916cd43dd8448eb211c80319c";
        let request = client.request(Method::GET, &format!("{ROOT}{}", series.instance(1).path()));
        client.send(request.header("traceparent", format!("00-{id}-b7ad6b7169203331-01")), 500).await;
        let line = |output: String, text: &str| output.lines().find(|line| line.contains(text)).map(str::to_owned);
        eventually(
            || noctis.gateway.output(),
            async || line(noctis.gateway.output(), "instances/{instance}").is_some(),
        )
        .await;
        eventually(|| noctis.backend.output(), async || line(noctis.backend.output(), "retrieve failed").is_some())
            .await;
        let request = line(noctis.gateway.output(), "instances/{instance}").unwrap();
        let failure = line(noctis.backend.output(), "retrieve failed").unwrap();
        for line in [&request, &failure] {
            assert!(line.contains(id), "{line}");
            assert!(!line.contains("otel") && !line.contains("rpc."), "{line}");
        }
        if format == "json" {
            let failure: serde_json::Value = serde_json::from_str(&failure).unwrap();
            assert_eq!(failure["span"]["trace_id"], id, "{failure}");
        }
    }
}
