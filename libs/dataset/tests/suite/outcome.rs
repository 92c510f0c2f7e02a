//! Describing and rewriting in chunks, and what may be said about any outcome.

use std::ops::Range;

use dataset::{
    Describer, Description, ExplicitRewriter, Finding, FrameTable, Inflater, Limits, PixelLayout, Refusal, RewriteError,
};

/// Describes bytes that arrive in chunks of these sizes, over and over.
pub fn describe_in(bytes: &[u8], sizes: &[usize], limits: Limits) -> Result<Description, Refusal> {
    let mut describer = Describer::new(limits);
    for chunk in chunks(bytes, sizes) {
        describer.push(chunk)?;
    }
    describer.finish()
}

/// Describes bytes that arrive at once.
pub fn describe(bytes: &[u8]) -> Result<Description, Refusal> {
    describe_in(bytes, &[bytes.len().max(1)], Limits::default())
}

/// Rewrites bytes that arrive in chunks of these sizes.
pub fn rewrite_in(bytes: &[u8], sizes: &[usize]) -> Result<Vec<u8>, RewriteError> {
    let (mut rewriter, mut out) = (ExplicitRewriter::new(Limits::default()), Vec::new());
    for chunk in chunks(bytes, sizes) {
        rewriter.push(chunk, &mut out)?;
    }
    rewriter.finish(&mut out)?;
    Ok(out)
}

fn chunks<'a>(mut bytes: &'a [u8], sizes: &'a [usize]) -> impl Iterator<Item = &'a [u8]> {
    let mut sizes = sizes.iter().cycle();
    std::iter::from_fn(move || {
        let size = (*sizes.next()?).clamp(1, bytes.len().max(1));
        let (chunk, rest) = bytes.split_at_checked(size)?;
        bytes = rest;
        Some(chunk)
    })
}

/// The DICOM JSON with `B` for the address of the DICOMweb root.
pub fn json(description: &Description) -> serde_json::Value {
    serde_json::from_slice(&description.metadata.to_json("B")).expect("metadata is JSON")
}

/// Everything that is known of an instance, to compare two descriptions.
pub fn everything(description: &Description) -> String {
    let Description { sop_class, instance, transfer_syntax, prefix, length, data_set_offset, .. } = description;
    format!(
        "{sop_class} {} {} {} {transfer_syntax} {prefix:?} {length} {data_set_offset} {} {:?} {:?} {:?} {:?} {:?}",
        instance.study,
        instance.series,
        instance.instance,
        description.deflated,
        description.attributes,
        description.metadata,
        description.pixels,
        description.bulk,
        description.findings,
    )
}

pub fn has(description: &Description, finding: Finding) -> bool {
    description.findings.contains(&finding)
}

/// The bytes that offsets of a description count in.
pub fn offset_base(description: &Description, received: &[u8]) -> Vec<u8> {
    if !description.deflated {
        return [description.prefix.as_slice(), received].concat();
    }
    let mut inflated = Vec::new();
    let start = description.data_set_offset as usize - description.prefix.len();
    Inflater::new(u64::MAX).push(&received[start..], &mut inflated).unwrap();
    inflated
}

/// The ranges of each frame of encapsulated Pixel Data, checked to be the same from their storage form.
pub fn frames(description: &Description) -> Vec<Vec<Range<u64>>> {
    let pixels = description.pixels.as_ref().expect("pixels");
    let PixelLayout::Encapsulated { table } = &pixels.layout else { panic!("native") };
    let direct: Vec<Vec<_>> = (0..table.len()).map(|frame| table.frame(frame).collect()).collect();
    for (first, piece) in table.pieces() {
        for frame in first..table.len().min(first + FrameTable::PIECE) {
            assert_eq!(FrameTable::frame_in_piece(&piece, first, frame).unwrap(), direct[frame as usize]);
        }
    }
    assert_eq!(pixels.frames as usize, direct.len());
    direct
}

/// What holds for every accepted instance, however strange its bytes.
pub fn check_invariants(description: &Description, received: &[u8]) {
    assert_eq!(description.length, (description.prefix.len() + received.len()) as u64);
    assert!(json(description).is_object());
    let size = offset_base(description, received).len() as u64;
    for bulk in &description.bulk {
        assert!(bulk.offset + bulk.length <= size, "{bulk:?} of {size}");
    }
    let Some(pixels) = &description.pixels else { return };
    assert!(pixels.frames > 0);
    match &pixels.layout {
        PixelLayout::Native { offset, length, frame_bits, .. } => {
            assert!(offset + length <= size);
            assert!(frame_bits * u64::from(pixels.frames) <= length * 8);
        }
        PixelLayout::Encapsulated { .. } => {
            assert!(frames(description).iter().flatten().all(|range| range.end <= size));
        }
    }
}
