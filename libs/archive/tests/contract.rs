//! What every place for objects must keep to, whatever stores them: one suite, run over each backend.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use archive::{Archive, Error, Key, PIECE, S3Credentials, S3Options};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use harness::{
    Shared,
    s3::{Identity, Server},
};
use std::sync::Arc;

static S3: Shared<Server> = Shared::new();

/// Bytes in which every place looks different from its neighbours.
fn pattern(length: usize) -> Bytes {
    (0..length).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

async fn gather(archive: &Archive, key: &Key, range: std::ops::Range<u64>) -> Result<Vec<u8>, Error> {
    archive
        .stream(key, range)
        .try_fold(Vec::new(), |mut all, piece| async move {
            all.extend_from_slice(&piece);
            Ok(all)
        })
        .await
}

async fn what_is_put_is_read(archive: &Archive) {
    for length in [0, 1, 4096, 3 * PIECE as usize / 2, 3 * PIECE as usize / 2 + 1, 4 * PIECE as usize + 17] {
        let (key, bytes) = (Key::fresh(), pattern(length));
        let middle = bytes.len() / 3;
        archive.put(&key, vec![bytes.slice(..middle), Bytes::new(), bytes.slice(middle..)]).await.unwrap();
        assert_eq!(archive.read(&key, 0..length as u64).await.unwrap(), bytes);
        assert_eq!(gather(archive, &key, 0..length as u64).await.unwrap(), bytes);
    }
}

async fn many_pieces_arrive_in_order(archive: &Archive) {
    let (key, bytes) = (Key::fresh(), pattern(9000));
    let pieces = bytes.chunks(3).map(Bytes::copy_from_slice).collect();
    archive.put(&key, pieces).await.unwrap();
    assert_eq!(archive.read(&key, 0..9000).await.unwrap(), bytes);
}

async fn ranges_are_exact(archive: &Archive) {
    let (key, bytes) = (Key::fresh(), pattern(2_000_000));
    archive.put(&key, vec![bytes.clone()]).await.unwrap();
    for range in [0..0, 0..1, 1_999_999..2_000_000, 2_000_000..2_000_000, 777..1_888_001, 524_287..524_290] {
        let expected = &bytes[range.start as usize..range.end as usize];
        assert_eq!(archive.read(&key, range.clone()).await.unwrap(), expected);
        assert_eq!(gather(archive, &key, range).await.unwrap(), expected);
    }
}

async fn pieces_are_bounded(archive: &Archive) {
    let (key, bytes) = (Key::fresh(), pattern(5 * PIECE as usize + 99));
    archive.put(&key, vec![bytes.clone()]).await.unwrap();
    let lengths: Vec<u64> =
        archive.stream(&key, 0..bytes.len() as u64).map(|piece| piece.unwrap().len() as u64).collect().await;
    assert_eq!(lengths, [PIECE, PIECE, PIECE, PIECE, PIECE + 99]);
}

async fn a_range_past_the_end_is_short(archive: &Archive) {
    let key = Key::fresh();
    archive.put(&key, vec![pattern(100)]).await.unwrap();
    for range in [0..101, 100..101, 5000..5001, 0..u64::MAX] {
        assert!(matches!(archive.read(&key, range.clone()).await, Err(Error::Short)));
        assert!(matches!(gather(archive, &key, range).await, Err(Error::Short)));
    }
}

async fn a_stream_ends_after_its_error(archive: &Archive) {
    let mut pieces = archive.stream(&Key::fresh(), 0..10);
    assert!(matches!(pieces.next().await, Some(Err(Error::Absent))));
    assert!(pieces.next().await.is_none() && pieces.next().await.is_none());
}

async fn absent_is_absent(archive: &Archive) {
    let key = Key::fresh();
    assert!(matches!(archive.read(&key, 0..1).await, Err(Error::Absent)));
    assert!(matches!(gather(archive, &key, 0..1).await, Err(Error::Absent)));
    archive.remove(&key).await.unwrap();
}

async fn removed_is_absent(archive: &Archive) {
    let key = Key::fresh();
    archive.put(&key, vec![pattern(10)]).await.unwrap();
    archive.remove(&key).await.unwrap();
    assert!(matches!(archive.read(&key, 0..10).await, Err(Error::Absent)));
    archive.remove(&key).await.unwrap();
}

async fn an_object_is_never_overwritten(archive: &Archive) {
    let key = Key::fresh();
    archive.put(&key, vec![pattern(10)]).await.unwrap();
    assert!(matches!(archive.put(&key, vec![pattern(20)]).await, Err(Error::Exists)));
    assert!(matches!(archive.create(&key).await.map(|_| ()), Err(Error::Exists)));
    assert_eq!(archive.read(&key, 0..10).await.unwrap(), pattern(10));
}

async fn an_upload_becomes_an_object(archive: &Archive) {
    for (length, step) in [(0, 1), (10, 3), (5_000_000, 60_000), (3_000_000, 1_500_000)] {
        let (key, bytes) = (Key::fresh(), pattern(length));
        let mut upload = archive.create(&key).await.unwrap();
        for start in (0..length).step_by(step) {
            upload.write(bytes.slice(start..length.min(start + step))).await.unwrap();
        }
        upload.finish().await.unwrap();
        assert_eq!(archive.read(&key, 0..length as u64).await.unwrap(), bytes);
        assert!(matches!(archive.read(&key, 0..length as u64 + 1).await, Err(Error::Short)));
    }
}

async fn an_aborted_upload_leaves_nothing(archive: &Archive) {
    let key = Key::fresh();
    let mut upload = archive.create(&key).await.unwrap();
    upload.write(pattern(3_000_000)).await.unwrap();
    upload.abort().await.unwrap();
    assert!(matches!(archive.read(&key, 0..1).await, Err(Error::Absent)));
}

async fn an_object_removed_while_it_is_read_is_read_to_its_end(archive: &Archive) {
    let (key, bytes) = (Key::fresh(), pattern(6 * PIECE as usize));
    archive.put(&key, vec![bytes.clone()]).await.unwrap();
    let mut pieces = archive.stream(&key, 0..bytes.len() as u64);
    let mut all = pieces.next().await.unwrap().unwrap().to_vec();
    archive.remove(&key).await.unwrap();
    while let Some(piece) = pieces.next().await {
        all.extend_from_slice(&piece.unwrap());
    }
    assert_eq!(all, bytes);
}

async fn many_at_once(archive: &Archive) {
    let writes = Key::batch(200).into_iter().enumerate().map(|(number, key)| {
        let archive = archive.clone();
        tokio::spawn(async move {
            let bytes = pattern(1000 + number);
            archive.put(&key, vec![bytes.clone()]).await.unwrap();
            assert_eq!(archive.read(&key, 0..bytes.len() as u64).await.unwrap(), bytes);
        })
    });
    for write in writes.collect::<Vec<_>>() {
        write.await.unwrap();
    }
}

async fn streams_that_nobody_polls_do_not_hold_up_others(archive: &Archive) {
    let (key, bytes) = (Key::fresh(), pattern(3 * PIECE as usize));
    archive.put(&key, vec![bytes.clone()]).await.unwrap();
    let mut idle = Vec::new();
    for _ in 0..100 {
        let mut pieces = archive.stream(&key, 0..bytes.len() as u64);
        pieces.next().await.unwrap().unwrap();
        idle.push(pieces);
    }
    assert_eq!(archive.read(&key, 0..bytes.len() as u64).await.unwrap(), bytes);
}

async fn what_is_not_there_is_empty_or_absent_also_at_the_edges(archive: &Archive) {
    let key = Key::fresh();
    assert!(matches!(archive.read(&key, 0..0).await, Err(Error::Absent)));
    archive.put(&key, Vec::new()).await.unwrap();
    assert_eq!(archive.read(&key, 0..0).await.unwrap(), Bytes::new());
    assert!(matches!(archive.read(&key, 0..1).await, Err(Error::Short)));
    assert!(matches!(archive.put(&key, Vec::new()).await, Err(Error::Exists)));
    archive.remove(&key).await.unwrap();
    archive.put(&key, vec![pattern(1)]).await.unwrap();
    assert_eq!(archive.read(&key, 0..1).await.unwrap(), pattern(1));
}

/// In S3 a part is 8 MiB long.
async fn uploads_of_about_whole_parts_are_exact(archive: &Archive) {
    const PART: usize = 8 << 20;
    for (length, step) in [(PART - 1, PART), (PART, PART), (PART, 700_001), (PART + 1, PART), (3 * PART, 3 * PART)] {
        let (key, bytes) = (Key::fresh(), pattern(length));
        let mut upload = archive.create(&key).await.unwrap();
        for start in (0..length).step_by(step) {
            upload.write(bytes.slice(start..length.min(start + step))).await.unwrap();
            upload.write(Bytes::new()).await.unwrap();
        }
        upload.finish().await.unwrap();
        assert!(gather(archive, &key, 0..length as u64).await.unwrap() == bytes);
        assert!(matches!(archive.read(&key, length as u64..length as u64 + 1).await, Err(Error::Short)));
        archive.remove(&key).await.unwrap();
    }
}

async fn what_is_put_in_one_go_may_be_long(archive: &Archive) {
    let (key, bytes) = (Key::fresh(), pattern(20_000_003));
    archive.put(&key, vec![bytes.slice(..7), bytes.slice(7..19_000_000), bytes.slice(19_000_000..)]).await.unwrap();
    assert!(gather(archive, &key, 0..bytes.len() as u64).await.unwrap() == bytes);
    assert!(matches!(archive.put(&key, vec![bytes]).await, Err(Error::Exists)));
}

async fn an_upload_never_overwrites(archive: &Archive) {
    const PART: usize = 8 << 20;
    for length in [10, 2 * PART] {
        let key = Key::fresh();
        // Where a key is taken from the beginning of an upload on, nothing can come in between.
        let mut upload = archive.create(&key).await.unwrap();
        let between = archive.put(&key, vec![pattern(33)]).await;
        upload.write(pattern(length)).await.unwrap();
        match between {
            Ok(()) => {
                assert!(matches!(upload.finish().await, Err(Error::Exists)));
                assert_eq!(archive.read(&key, 0..33).await.unwrap(), pattern(33));
            }
            Err(error) => {
                assert!(matches!(error, Error::Exists));
                upload.finish().await.unwrap();
                assert!(archive.read(&key, 0..length as u64).await.unwrap() == pattern(length));
            }
        }
    }
}

async fn of_writers_of_one_key_exactly_one_wins(archive: &Archive) {
    for _ in 0..5 {
        let key = Key::fresh();
        let writes = (1..=8usize).map(|number| {
            let archive = archive.clone();
            tokio::spawn(async move { archive.put(&key, vec![Bytes::from(vec![number as u8; 50_000])]).await })
        });
        let mut winners = Vec::new();
        for (number, write) in writes.collect::<Vec<_>>().into_iter().enumerate() {
            match write.await.unwrap() {
                Ok(()) => winners.push(number as u8 + 1),
                Err(error) => assert!(matches!(error, Error::Exists), "{error}"),
            }
        }
        assert_eq!(winners.len(), 1);
        assert_eq!(archive.read(&key, 0..50_000).await.unwrap(), vec![winners[0]; 50_000]);
    }
}

async fn what_is_removed_while_it_is_read_is_right_as_far_as_it_comes(archive: &Archive) {
    let (key, bytes) = (Key::fresh(), pattern(20 * PIECE as usize));
    archive.put(&key, vec![bytes.clone()]).await.unwrap();
    let mut pieces = archive.stream(&key, 0..bytes.len() as u64);
    let mut all = pieces.next().await.unwrap().unwrap().to_vec();
    archive.remove(&key).await.unwrap();
    while let Some(piece) = pieces.next().await {
        match piece {
            Ok(piece) => all.extend_from_slice(&piece),
            Err(error) => {
                assert!(matches!(error, Error::Absent), "{error}");
                assert!(pieces.next().await.is_none());
                assert!(all.len() < bytes.len() && bytes.starts_with(&all));
                return;
            }
        }
    }
    assert!(all == bytes);
}

async fn many_streams_at_once_are_whole(archive: &Archive) {
    let (key, bytes) = (Key::fresh(), pattern(9 * PIECE as usize + 7));
    archive.put(&key, vec![bytes.clone()]).await.unwrap();
    let streams = (0..24u64).map(|number| {
        let (archive, bytes) = (archive.clone(), bytes.clone());
        tokio::spawn(async move {
            let range = number * 1000..bytes.len() as u64 - number;
            let expected = &bytes[range.start as usize..range.end as usize];
            assert!(gather(&archive, &key, range).await.unwrap() == expected);
        })
    });
    for stream in streams.collect::<Vec<_>>() {
        stream.await.unwrap();
    }
}

async fn it_is_ready_and_has_room(archive: &Archive) {
    archive.probe().await.unwrap();
    assert!(archive.free_bytes().await.unwrap().is_none_or(|bytes| bytes > 0));
}

/// Runs the suite over the archive that `$open` gives; what it returns beside the archive is kept until the end.
macro_rules! keeps_the_contract {
    ($backend:ident, $open:expr, [$($test:ident),* $(,)?]) => {
        mod $backend {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    let (archive, _place) = $open.await;
                    super::$test(&archive).await;
                }
            )*
        }
    };
}

async fn open_folder() -> (Archive, tempfile::TempDir) {
    let place = tempfile::tempdir().unwrap();
    (Archive::open_folder(&place.path().join("objects")).await.unwrap(), place)
}

/// One server for all tests here, and a bucket for each.
async fn open_s3() -> (Archive, Arc<Server>) {
    let server = S3.get(Server::start).await;
    let options = S3Options {
        endpoint: Some(server.endpoint()),
        allow_http: true,
        prefix: "below/this".to_owned(),
        credentials: S3Credentials::File(server.credentials_file(Identity::Writer)),
        ..S3Options::new(server.bucket().await)
    };
    (Archive::open_s3(options).await.unwrap(), server)
}

macro_rules! every_place_keeps_the_contract {
    ($($test:ident),* $(,)?) => {
        keeps_the_contract!(folder, super::open_folder(), [
            an_object_removed_while_it_is_read_is_read_to_its_end,
            $($test),*
        ]);
        keeps_the_contract!(s3, super::open_s3(), [$($test),*]);
    };
}

every_place_keeps_the_contract!(
    what_is_put_is_read,
    many_pieces_arrive_in_order,
    ranges_are_exact,
    pieces_are_bounded,
    a_range_past_the_end_is_short,
    a_stream_ends_after_its_error,
    absent_is_absent,
    removed_is_absent,
    an_object_is_never_overwritten,
    an_upload_becomes_an_object,
    an_aborted_upload_leaves_nothing,
    many_at_once,
    streams_that_nobody_polls_do_not_hold_up_others,
    what_is_not_there_is_empty_or_absent_also_at_the_edges,
    uploads_of_about_whole_parts_are_exact,
    what_is_put_in_one_go_may_be_long,
    an_upload_never_overwrites,
    of_writers_of_one_key_exactly_one_wins,
    what_is_removed_while_it_is_read_is_right_as_far_as_it_comes,
    many_streams_at_once_are_whole,
    it_is_ready_and_has_room,
);
