//! Web pages elsewhere (CORS): none may read anything by default, named ones everything, errors too.

use harness::Server;
use reqwest::Method;

use crate::{ROOT, STUDIES, builder, start};

const VIEWER: &str = "https://viewer.example";
const PATHS: [(&str, u16); 5] = [
    (STUDIES, 200),
    ("/dicom-web/studies/1.2.3", 404),
    ("/dicom-web/studies?limit=x", 400),
    ("/dicom-web/studies/1.2/frames", 404),
    ("/healthz", 200),
];

fn asking(server: &Server, method: Method, path: &str, origin: &str) -> reqwest::RequestBuilder {
    server.client().request(method, path).header("origin", origin.to_owned())
}

fn preflight(server: &Server, origin: &str) -> reqwest::RequestBuilder {
    asking(server, Method::OPTIONS, STUDIES, origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type,authorization")
}

#[tokio::test]
async fn nobody_elsewhere_may_read_by_default() {
    let server = start().await;
    for (path, status) in PATHS {
        let answer = server.client().send(asking(&server, Method::GET, path, VIEWER), status).await;
        assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control")), "{path}");
    }
    let answer = server.client().send(preflight(&server, VIEWER), 405).await;
    assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control")));
}

#[tokio::test]
async fn named_origins_may_read_everything() {
    let origins = format!("[\"{VIEWER}\",\"http://localhost:3000\"]");
    let server = builder().env("NOCTIS_GATEWAY__ALLOWED_ORIGINS", origins).start().await;
    let client = server.client();
    for origin in [VIEWER, "http://localhost:3000"] {
        for (path, status) in PATHS {
            let answer = client.send(asking(&server, Method::GET, path, origin), status).await;
            assert_eq!(answer.header("access-control-allow-origin"), Some(origin), "{path}");
            let exposed = answer.header("access-control-expose-headers").unwrap();
            assert!(["etag", "warning", "x-request-id", "content-range"].iter().all(|name| exposed.contains(name)));
        }
        let refused = asking(&server, Method::GET, "/healthz", origin).header("host", "evil.example");
        assert_eq!(client.send(refused, 421).await.header("access-control-allow-origin"), Some(origin));
        let method = asking(&server, Method::PUT, STUDIES, origin);
        assert_eq!(client.send(method, 405).await.header("access-control-allow-origin"), Some(origin));
        let allowed = client.send(preflight(&server, origin), 204).await;
        assert_eq!(allowed.header("access-control-allow-origin"), Some(origin));
        assert!(allowed.header("access-control-allow-methods").unwrap().contains("POST"));
        assert!(allowed.header("access-control-allow-headers").unwrap().contains("content-type"));
    }
    for origin in ["https://evil.example", "https://viewer.example.evil", "http://viewer.example", "null"] {
        for (path, status) in PATHS {
            let answer = client.send(asking(&server, Method::GET, path, origin), status).await;
            assert_eq!(answer.header("access-control-allow-origin"), None, "{origin} {path}");
        }
        let answer = client.send(preflight(&server, origin), 405).await;
        assert_eq!(answer.header("access-control-allow-origin"), None, "{origin}");
    }
    // A cache must not give one origin's answer to another.
    let vary: Vec<String> = client
        .get(&format!("{ROOT}/studies"), 200)
        .await
        .headers
        .get_all("vary")
        .iter()
        .map(|value| value.to_str().unwrap().to_ascii_lowercase())
        .collect();
    assert!(vary.iter().any(|value| value.contains("origin")), "{vary:?}");
}
