//! A multi-frame object of 512 MiB: any frame costs as much as the first, and memory does not grow with the object.
//! In a process of its own, so that its memory can be measured.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(dead_code, reason = "the calls are shared with the other tests")]

#[path = "it/calls.rs"]
mod calls;
#[path = "it/place.rs"]
mod place;

use archive::Key;
use calls::{any, frames, instance, instances_request};
use dataset::{Describer, Limits};
use harness::{LargeMultiFrame, Memory};
use place::{Place, described};
use proto::retrieve::v1::instances_response::Message;
use std::{
    fs::File,
    os::unix::fs::FileExt,
    process,
    time::{Duration, Instant},
};
use uid::InstanceRef;

const SIZE: u64 = 512 << 20;
/// Of the object; an eighth of what the frames would need in memory.
const MEMORY: u64 = 64 << 20;

/// Stores the object as a sparse file in which only some frames are written, the others are zeros.
async fn store_sparse(place: &Place, object: &LargeMultiFrame, written: &[u32]) -> InstanceRef {
    let key = Key::fresh();
    let file = File::create_new(place.folder.path().join("objects").join(key.to_string())).unwrap();
    let head = object.chunks().next().unwrap();
    file.set_len(object.length()).unwrap();
    file.write_all_at(&head, 0).unwrap();
    for number in written {
        let offset = head.len() as u64 + object.frame_length() as u64 * u64::from(number - 1);
        file.write_all_at(&object.frame(*number), offset).unwrap();
    }
    let mut describer = Describer::new(Limits::default());
    describer.push(&head).unwrap();
    let zeros = vec![0; object.frame_length()];
    (0..object.frames).for_each(|_| describer.push(&zeros).unwrap());
    place.commit("default", vec![described(key, describer, [7; 32])]).await.remove(0)
}

async fn time_of(place: &Place, of: &InstanceRef, number: u32) -> Duration {
    let mut times: Vec<Duration> = Vec::new();
    for _ in 0..21 {
        let start = Instant::now();
        frames(place, of, &[number], any()).await.unwrap();
        times.push(start.elapsed());
    }
    times.sort();
    times[times.len() / 2]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_frame_costs_the_same_and_memory_is_bounded() {
    let place = Place::open().await;
    let object = LargeMultiFrame::of_size(SIZE);
    let last = object.frames;
    let stored = store_sparse(&place, &object, &[1, 600, last]).await;
    frames(&place, &stored, &[2], any()).await.unwrap();
    let before = Memory::of(process::id());

    for number in [1, 600, last] {
        let answer = frames(&place, &stored, &[number], any()).await.unwrap();
        assert!(answer.only() == object.frame(number), "frame {number}");
    }
    let (first_time, last_time) = (time_of(&place, &stored, 1).await, time_of(&place, &stored, last).await);
    assert!(last_time < first_time * 4 + Duration::from_millis(4), "{first_time:?} {last_time:?}");

    Memory::reset_peak(process::id());
    let call = place.call(instances_request(&instance(&stored), any()));
    let mut stream = place.client.clone().instances(call).await.unwrap().into_inner();
    let mut length = 0;
    while let Some(response) = stream.message().await.unwrap() {
        if let Some(Message::Chunk(chunk)) = response.message {
            length += chunk.len() as u64;
        }
    }
    assert_eq!(length, object.length());
    let peak = Memory::of(process::id()).peak;
    assert!(peak < before.resident + MEMORY, "{} MiB more", (peak - before.resident) >> 20);
}
