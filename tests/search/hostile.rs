//! Query strings that nobody means well with: they find nothing, cost little and change nothing.

use std::time::{Duration, Instant};

use crate::archive::{Archive, letters};

/// What a search gives that must neither fail nor find anything.
async fn finds_nothing(archive: &Archive, query: &str) {
    let answer = archive.get(&format!("/studies?{query}")).await;
    assert_eq!(answer.text(), "[]", "{query}");
}

#[tokio::test]
async fn statements_and_patterns_are_only_text() {
    let archive = Archive::open().await;
    for text in [
        "' OR '1'='1",
        "'; DROP TABLE study; --",
        "\" OR 1=1 --",
        "x') UNION SELECT * FROM study --",
        "\\",
        "\\%",
        "%25",
        "_______",
        "$(reboot)",
        "{{7*7}}",
        "NEAR(a b)",
        "a\" OR \"b",
        "%00",
        "a%00b",
        "%0D%0AX-Injected: 1",
        "%E2%80%AE%E2%80%8B",
        "%F0%9F%92%80",
        "[[[[[[",
        "[!a]",
        "^",
        "=",
        "==",
        "^^^^=^^^^=^^^^",
    ] {
        for key in ["PatientID", "AccessionNumber", "StudyDescription", "PatientName", "fuzzymatching=true&PatientName"]
        {
            for (before, after) in [("", ""), ("*zq", "*"), ("", "zq*"), ("*zq", "")] {
                finds_nothing(&archive, &format!("{key}={before}{text}{after}")).await;
            }
        }
    }
    assert_eq!(archive.studies("").await, "ABCDEFG", "and everything is still there");
}

#[tokio::test]
async fn names_of_parameters_cannot_make_headers() {
    let archive = Archive::open().await;
    for name in ["%0D%0AX-Injected:%201", "%22%0A", "a%00", "%E5%B1%B1", "%FF", "<script>"] {
        let answer = archive.get(&format!("/studies?PatientID=PID-A&{name}=1")).await;
        assert_eq!(answer.header("x-injected"), None);
        let warning = answer.header("warning").expect("a header of plain characters");
        assert!(warning.is_ascii() && !warning.contains(['<', '"', '\r', '\n']), "{warning}");
        assert_eq!(letters(&answer.json()), "A");
    }
}

#[tokio::test]
async fn what_is_too_long_or_too_much_is_refused() {
    let archive = Archive::open().await;
    let client = archive.client();
    for (query, status) in [
        (format!("PatientID={}", "x".repeat(33 * 1024)), 414),
        ("PatientID=x&".repeat(257), 400),
        (format!("StudyInstanceUID={}", "1,".repeat(1001)), 400),
        (format!("includefield={}", "00100010,".repeat(1025)), 400),
        (format!("PatientID={}", "x".repeat(11_000)), 400),
    ] {
        let answer = client.get(&format!("/dicom-web/studies?{query}"), status).await;
        assert_eq!(answer.json()["status"], status);
    }
    // Beyond what the HTTP library reads at all.
    let beyond =
        format!("GET /dicom-web/studies?PatientID={} HTTP/1.1\r\nHost: localhost\r\n\r\n", "x".repeat(70 * 1024));
    assert!(client.raw(&beyond).await.starts_with("HTTP/1.1 414 "));
    finds_nothing(&archive, &format!("PatientID={}", "x".repeat(10_000))).await;
    finds_nothing(&archive, &format!("fuzzymatching=true&PatientName={}", "ab+".repeat(1000))).await;
    finds_nothing(&archive, &"PatientID=x&".repeat(255)).await;
}

#[tokio::test]
async fn paths_that_lead_nowhere_are_ignored() {
    let archive = Archive::open().await;
    let deep = vec!["00400275"; 200].join(".");
    for name in [
        deep.as_str(),
        ".",
        "..",
        "a..b",
        "00400275.",
        "00400275.00400275",
        "00100010.00100010",
        "ffffffff",
        "00000000",
    ] {
        let answer = archive.get(&format!("/studies?PatientID=PID-A&{name}=1")).await;
        assert!(answer.header("warning").unwrap().contains("were ignored"), "{name}");
        assert_eq!(letters(&answer.json()), "A", "{name}");
    }
}

#[tokio::test]
async fn odd_query_strings_are_read_as_far_as_they_go() {
    let archive = Archive::open().await;
    for query in ["&&PatientID=PID-A&&", "PatientID=PID-A&PatientName", "PatientID=PID-A#fragment", "=&PatientID=PID-A"]
    {
        let answer = archive.get(&format!("/studies?{query}")).await;
        assert_eq!(letters(&answer.json()), "A", "{query}");
    }
    // A percent sign that begins no escape stands for itself.
    finds_nothing(&archive, "PatientID=100%").await;
    finds_nothing(&archive, "PatientID=%zz").await;
}

#[tokio::test]
async fn many_searches_at_once_are_all_answered() {
    let archive = Archive::open().await;
    let begun = Instant::now();
    let searches = (0..200).map(|number| {
        let client = archive.client();
        async move {
            let answer =
                client.get(&format!("/dicom-web/studies?PatientName=*{}*&includefield=all", number % 10), 200).await;
            answer.json().as_array().unwrap().len()
        }
    });
    let found: Vec<usize> = futures::future::join_all(searches).await;
    assert!(found.iter().all(|count| *count == 0));
    assert!(begun.elapsed() < Duration::from_secs(60));
}
