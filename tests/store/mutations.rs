//! Objects with bytes changed by chance: each is stored and works from then on, or is refused; nothing else.

use bytes::Bytes;
use harness::{AS_STORED, Client, Series, Server, TransferSyntax};
use reqwest::Method;

use crate::{ROOT, STUDIES, start};

/// For each transfer syntax.
const OBJECTS: u64 = 60;

/// Numbers that are the same in each run: a linear congruential generator (Knuth's MMIX).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    /// Sets, inserts or removes bytes in some places, or cuts the end off.
    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..1 + self.below(4) {
            let at = 128 + self.below(bytes.len().min(4000) - 128);
            match self.below(8) {
                0 => drop(bytes.drain(at..(at + 1 + self.below(8)).min(bytes.len()))),
                1 => drop(bytes.splice(at..at, vec![0; 1 + self.below(8)])),
                2 => bytes.truncate(at + self.below(bytes.len() - at)),
                3 => bytes[at] = 0xFF,
                4 => bytes[at] = 0,
                _ => bytes[at] = self.below(256) as u8,
            }
            if bytes.len() < 300 {
                return;
            }
        }
    }
}

#[tokio::test]
async fn changed_objects_are_stored_and_work_or_are_refused() {
    let server = start().await;
    let client = server.client();
    let mut outcomes = [0, 0];
    for (number, syntax) in TransferSyntax::ALL.into_iter().enumerate() {
        let whole = Series { rows: 32, columns: 32, ..Series::small(1).encoded(syntax) }.instance(1).bytes;
        for seed in 0..OBJECTS {
            let mut bytes = whole.to_vec();
            Chance(seed * 101 + number as u64).mutate(&mut bytes);
            let bytes = Bytes::from(bytes);
            let stored = check(&client, &bytes, &format!("{syntax:?} seed {seed}")).await;
            outcomes[usize::from(stored)] += 1;
        }
    }
    assert!(outcomes.iter().all(|count| *count > 50), "refused and stored: {outcomes:?}");
    assert_serves(&server).await;
}

/// Tells whether it was stored.
async fn check(client: &Client, bytes: &Bytes, what: &str) -> bool {
    let request = client.request(Method::POST, STUDIES).header("content-type", "application/dicom").body(bytes.clone());
    let answer = request.send().await.unwrap_or_else(|error| panic!("{what}: {error:?}"));
    let status = answer.status().as_u16();
    let answer = harness::Answer { status, headers: answer.headers().clone(), body: answer.bytes().await.unwrap() };
    assert!(matches!(status, 200 | 202 | 409), "{what}: {status} {:?}", answer.body);
    let response = answer.store_response();
    assert_eq!(status == 409, response.stored.is_empty(), "{what}");
    let Some(stored) = response.stored.first() else { return false };
    let path = stored.retrieve_url.strip_prefix(client.base()).expect("an address of this server");
    let back = client.stored(path).await;
    assert!(
        back.ends_with(bytes) || back.len() > bytes.len() && back.ends_with(&bytes[132..]),
        "{what} comes back changed"
    );
    let metadata = client.json(&format!("{path}/metadata")).await;
    assert_eq!(metadata[0]["00080018"]["Value"][0], stored.instance.as_str(), "{what}");
    for (path, accept) in [
        (path.to_owned(), "multipart/related; type=\"application/dicom\""),
        (format!("{path}/frames/1"), "multipart/related; type=\"application/octet-stream\""),
        (format!("{path}/bulkdata"), "multipart/related; type=\"application/octet-stream\"; transfer-syntax=*"),
        (format!("{ROOT}/instances"), "application/dicom+json"),
    ] {
        let request = client.request(Method::GET, &path).header("accept", accept);
        let answer = request.send().await.unwrap_or_else(|error| panic!("{what} {path} {accept}: {error:?}"));
        let status = answer.status();
        let body = answer.bytes().await;
        assert!(status.as_u16() < 500, "{what} {path} {accept}: {status} {body:?}");
        assert!(body.is_ok(), "{what} {path} {accept}: broken off");
    }
    client.delete(path, 204).await;
    true
}

async fn assert_serves(server: &Server) {
    let instance = Series::small(1).instance(1);
    server.client().store(STUDIES, [&instance], 200).await;
    let path = format!("{ROOT}{}", instance.path());
    assert_eq!(server.client().get_as(&path, AS_STORED, 200).await.parts()[0].body, instance.bytes);
    assert_eq!(server.client().count(&format!("{ROOT}/instances")).await, 1);
}
