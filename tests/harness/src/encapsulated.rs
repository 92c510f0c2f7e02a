//! Compressed frames made by hand and their fragments (PS3.5 Annex A.4, RLE: Annex G).

use crate::{Value, jpeg::grey_mosaic, phantom::thorax_mosaic};

/// Frames of a mosaic thorax as JPEG baseline.
pub fn jpeg_frames(rows: u16, columns: u16, frames: u32) -> Vec<Vec<u8>> {
    (0..frames)
        .map(|frame| {
            let position = (frame as f32 + 0.5) / frames as f32;
            grey_mosaic(rows, columns, &thorax_mosaic(rows, columns, position))
        })
        .collect()
}

/// One frame of 16-bit grey pixels as RLE: a header and two byte planes, the high bytes first.
pub fn rle_frame(columns: u16, pixels: &[u16]) -> Vec<u8> {
    let planes = [8, 0].map(|shift| {
        let plane: Vec<u8> = pixels.iter().map(|pixel| (pixel >> shift) as u8).collect();
        let mut packed: Vec<u8> = plane.chunks(usize::from(columns)).flat_map(pack_row).collect();
        if packed.len() % 2 == 1 {
            packed.push(0);
        }
        packed
    });
    let mut header = [0u32; 16];
    header[0] = 2;
    header[1] = 64;
    header[2] = 64 + planes[0].len() as u32;
    let mut out: Vec<u8> = header.iter().flat_map(|word| word.to_le_bytes()).collect();
    out.extend(planes.iter().flatten());
    out
}

/// Byte runs of a row (PackBits): runs of three and more are replicated, the rest is literal.
fn pack_row(row: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut literal = 0;
    let mut at = 0;
    while at < row.len() {
        let run = row[at..].iter().take(128).take_while(|&&byte| byte == row[at]).count();
        if run >= 3 {
            write_literal(&row[literal..at], &mut out);
            out.extend_from_slice(&[(257 - run) as u8, row[at]]);
            at += run;
            literal = at;
        } else {
            at += 1;
        }
    }
    write_literal(&row[literal..], &mut out);
    out
}

fn write_literal(bytes: &[u8], out: &mut Vec<u8>) {
    for piece in bytes.chunks(128) {
        out.push((piece.len() - 1) as u8);
        out.extend_from_slice(piece);
    }
}

/// Frames as the value of Pixel Data, one fragment each, with a Basic Offset Table.
pub(crate) fn pixel_data(frames: &[Vec<u8>]) -> Value {
    let mut offsets = Vec::new();
    let mut at = 0u32;
    let fragments: Vec<Vec<u8>> = frames
        .iter()
        .map(|frame| {
            let mut fragment = frame.clone();
            if fragment.len() % 2 == 1 {
                fragment.push(0);
            }
            offsets.push(at);
            at += 8 + fragment.len() as u32;
            fragment
        })
        .collect();
    Value::Fragments { offsets, fragments }
}
