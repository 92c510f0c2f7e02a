//! The archive that most retrievals go to: three studies, read only.

use std::sync::Arc;

use bytes::Bytes;
use harness::{Client, DataSet, Instance, Series, Server, Shared, TransferSyntax, Value};

use crate::{STUDIES, builder};

/// A running server and what it holds.
pub struct Archive {
    pub server: Server,
    /// A study of its own: three CT slices, Explicit VR Little Endian.
    pub ct: Series,
    /// Another: one series in each transfer syntax, the compressed ones with several frames.
    pub mixed: Vec<Series>,
    /// Another: an object with bulk data besides its pixels.
    pub bulk: Instance,
    /// In the study of `bulk`: an object without pixels or other bulk data.
    pub report: Instance,
    /// In the study of `bulk`: a big endian multi-frame object.
    pub big_endian: Series,
}

static ARCHIVE: Shared<Archive> = Shared::new();

/// The value of (0019,1030) in [`Archive::bulk`].
pub fn notes() -> Vec<u8> {
    (0..6000_u32).map(|at| (at * 7 % 251) as u8).collect()
}

/// The value of (0019,1042) in the second item of (0019,1040) in [`Archive::bulk`].
pub fn nested() -> Vec<u8> {
    (0..5000_u32).map(|at| (at * 11 % 241) as u8).collect()
}

impl Archive {
    /// The archive, shared with the tests that run at the same time.
    pub async fn open() -> Arc<Self> {
        ARCHIVE.get(Self::fill).await
    }

    async fn fill() -> Self {
        let server = builder().start().await;
        let (ct, mixed) = (Series::small(3), mixed());
        let like = Series::small(1);
        let (bulk, report) = (with_bulk_data(&like), without_pixels(&like.sibling(1)));
        let big_endian =
            Series { frames: 4, modality: "OT".into(), ..like.sibling(1).encoded(TransferSyntax::ExplicitBig) };
        let client = server.client();
        for series in mixed.iter().chain([&ct, &big_endian]) {
            client.store(STUDIES, series.instances(), 200).await;
        }
        client.store(STUDIES, [&bulk, &report], 200).await;
        Self { server, ct, mixed, bulk, report, big_endian }
    }

    pub fn client(&self) -> Client {
        self.server.client()
    }

    /// The series of the mixed study in this transfer syntax.
    pub fn encoded(&self, syntax: TransferSyntax) -> &Series {
        self.mixed.iter().find(|series| series.transfer_syntax == syntax).expect("one of each")
    }

    /// All instances of the mixed study.
    pub fn all_mixed(&self) -> Vec<Instance> {
        self.mixed.iter().flat_map(|series| series.instances().collect::<Vec<_>>()).collect()
    }
}

fn mixed() -> Vec<Series> {
    let study = Series::small(1);
    let mut number = 0;
    let one = |syntax: &TransferSyntax| {
        number += 1;
        let frames = if syntax.is_encapsulated() { 5 } else { 1 };
        Series { frames, series_number: number, ..study.sibling(1).encoded(*syntax) }
    };
    TransferSyntax::ALL.iter().map(one).collect()
}

fn with_bulk_data(series: &Series) -> Instance {
    let mut set = series.data_set(1);
    let mut second = DataSet::new();
    second.text(0x0019_0010, "LO", "EXAMPLE_ACQU_01").put(0x0019_1042, "OB", Value::Bytes(nested()));
    set.put(0x0019_1030, "OB", Value::Bytes(notes())).sequence(0x0019_1040, vec![DataSet::new(), second]);
    series.finish(set)
}

fn without_pixels(series: &Series) -> Instance {
    let mut set = series.data_set(1);
    for tag in [0x7FE0_0010, 0x0028_0010, 0x0028_0011, 0x0028_0100] {
        set.remove(tag);
    }
    series.finish(set)
}

/// The pixels of a native slice as they are in a frame.
pub fn pixels(series: &Series, number: u32) -> Bytes {
    series.slice(number).iter().flat_map(|pixel| pixel.to_le_bytes()).collect()
}
