//! Objects without preamble or File Meta Information (PS3.10 7.1), as some systems send them: they are stored with what was
//! missing in front, and with a warning.

use harness::{Series, Server, TransferSyntax};

use crate::{ROOT, STUDIES, start};

const COERCED: u64 = 0xB000;

/// Where the data set of a Part 10 object begins.
fn data_set_begin(bytes: &[u8]) -> usize {
    assert_eq!(&bytes[128..132], b"DICM");
    assert_eq!(&bytes[132..140], b"\x02\0\0\0UL\x04\0", "the group length comes first");
    144 + u32::from_le_bytes(bytes[140..144].try_into().unwrap()) as usize
}

/// A UID of the File Meta Information.
fn meta_uid(bytes: &[u8], element: u16) -> String {
    let meta = &bytes[132..data_set_begin(bytes)];
    let mut mark = b"\x02\0".to_vec();
    mark.extend_from_slice(&element.to_le_bytes());
    mark.extend_from_slice(b"UI");
    let at = meta.windows(6).position(|window| window == mark).unwrap_or_else(|| panic!("no (0002,{element:04X})"));
    let length = u16::from_le_bytes(meta[at + 6..at + 8].try_into().unwrap());
    let value = &meta[at + 8..at + 8 + usize::from(length)];
    std::str::from_utf8(value).unwrap().trim_end_matches('\0').to_owned()
}

async fn assert_completed(server: &Server, path: &str, sent: &[u8], syntax: &str, instance: &str, class: &str) {
    let stored = server.client().stored(&format!("{ROOT}{path}")).await;
    assert!(stored.ends_with(sent), "the data set is untouched");
    assert_eq!(data_set_begin(&stored), stored.len() - sent.len());
    assert_eq!(meta_uid(&stored, 0x0010), syntax);
    assert_eq!(meta_uid(&stored, 0x0003), instance);
    assert_eq!(meta_uid(&stored, 0x0002), class);
}

#[tokio::test]
async fn a_bare_data_set_gets_preamble_and_file_meta_information() {
    let server = start().await;
    for syntax in [TransferSyntax::ImplicitLittle, TransferSyntax::ExplicitLittle, TransferSyntax::ExplicitBig] {
        let whole = Series::small(1).encoded(syntax).instance(1);
        let bare = whole.bytes.slice(data_set_begin(&whole.bytes)..);
        let response = server.client().store(STUDIES, [&bare], 202).await.store_response();
        assert_eq!(response.only_warning(), Some(COERCED), "{syntax:?}");
        let path = whole.path();
        assert_completed(&server, &path, &bare, syntax.uid(), &whole.instance, &whole.sop_class).await;
    }
}

#[tokio::test]
async fn a_large_bare_data_set_too() {
    let server = start().await;
    let whole = Series { rows: 2048, columns: 2048, ..Series::ct(1) }.instance(1);
    let bare = whole.bytes.slice(data_set_begin(&whole.bytes)..);
    assert!(bare.len() > 8 << 20, "larger than what is held in memory");
    server.client().store(STUDIES, [&bare], 202).await;
    let path = whole.path();
    assert_completed(&server, &path, &bare, "1.2.840.10008.1.2.1", &whole.instance, &whole.sop_class).await;
}

#[tokio::test]
async fn the_same_bare_data_set_again_is_the_same_instance() {
    let server = start().await;
    let whole = Series::small(1).instance(1);
    let bare = whole.bytes.slice(data_set_begin(&whole.bytes)..);
    server.client().store(STUDIES, [&bare], 202).await;
    let stored = server.client().stored(&format!("{ROOT}{}", whole.path())).await;
    let again = server.client().store(STUDIES, [&bare], 202).await.store_response();
    assert_eq!(again.stored.len(), 1);
    // And so is the object as the archive gives it out.
    server.client().store(STUDIES, [&stored], 200).await;
    assert_eq!(server.client().count(&format!("{ROOT}/instances")).await, 1);
}

#[tokio::test]
async fn file_meta_information_without_preamble_is_kept_behind_one() {
    let server = start().await;
    let whole = Series::small(1).instance(1);
    for begin in [132, 128] {
        let headless = whole.bytes.slice(begin..);
        let response = server.client().store(STUDIES, [&headless], 202).await.store_response();
        assert_eq!(response.only_warning(), Some(COERCED), "from byte {begin}");
        let stored = server.client().stored(&format!("{ROOT}{}", whole.path())).await;
        assert!(stored.ends_with(&whole.bytes[data_set_begin(&whole.bytes)..]), "from byte {begin}");
        assert_eq!(meta_uid(&stored, 0x0003), whole.instance);
        server.client().delete(&format!("{ROOT}{}", whole.path()), 204).await;
    }
}
