//! Frames of one bit per pixel (segmentations): they begin within bytes, and are sent from the begin of one.

use harness::{Instance, Series, TransferSyntax, Value};

use crate::{ROOT, STUDIES, builder};

const ROWS: u16 = 5;
const COLUMNS: u16 = 7;
const FRAMES: usize = 6;

/// Pixel `at` of all frames, one behind the other.
fn pixel(at: usize) -> bool {
    (at * at / 3 + at / 5).is_multiple_of(3)
}

/// Pixels packed as PS3.5 8.1.1 has it: the first in the least significant bit.
fn packed(pixels: impl Iterator<Item = bool>) -> Vec<u8> {
    let pixels: Vec<bool> = pixels.collect();
    pixels.chunks(8).map(|eight| eight.iter().enumerate().map(|(bit, set)| u8::from(*set) << bit).sum()).collect()
}

fn segmentation(syntax: TransferSyntax) -> Instance {
    let series = Series { modality: "SEG".into(), ..Series::small(1).encoded(syntax) };
    let mut set = series.data_set(1);
    let count = usize::from(ROWS) * usize::from(COLUMNS) * FRAMES;
    set.us(0x0028_0010, ROWS).us(0x0028_0011, COLUMNS).us(0x0028_0100, 1).us(0x0028_0101, 1).us(0x0028_0102, 0);
    set.us(0x0028_0103, 0).text(0x0028_0008, "IS", &FRAMES.to_string());
    set.put(0x7FE0_0010, "OB", Value::Bytes(packed((0..count).map(pixel))));
    series.finish(set)
}

#[tokio::test]
async fn frames_begin_at_a_byte() {
    let server = builder().start().await;
    let client = server.client();
    for syntax in [TransferSyntax::ExplicitLittle, TransferSyntax::Deflated] {
        let instance = segmentation(syntax);
        client.store(STUDIES, [&instance], 200).await;
        let answer = client.get(&format!("{ROOT}{}/frames/1,2,3,4,5,6", instance.path()), 200).await;
        let pixels = usize::from(ROWS) * usize::from(COLUMNS);
        let expected: Vec<Vec<u8>> =
            (0..FRAMES).map(|frame| packed((frame * pixels..(frame + 1) * pixels).map(pixel))).collect();
        let frames: Vec<Vec<u8>> = answer.parts().into_iter().map(|part| part.body.to_vec()).collect();
        assert_eq!(frames, expected, "{syntax:?}");
        let alone =
            client.get_as(&format!("{ROOT}{}/frames/4", instance.path()), "application/octet-stream", 200).await;
        assert_eq!(alone.body, expected[3]);
    }
}
