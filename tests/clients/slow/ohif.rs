//! OHIF in headless Chromium against the running program: list, filters, a CT, compressed images, upload.

use harness::{Series, Server, TransferSyntax, run_python};
use std::path::Path;

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_lists_filters_reads_and_uploads() {
    let viewer = std::env::var_os("NOCTIS_VIEWER").expect("NOCTIS_VIEWER is not set: use tests/run.sh");
    let server = Server::builder(env!("CARGO_BIN_EXE_noctis")).arg("--viewer-dir").arg(viewer).start().await;
    let folder = tempfile::tempdir().unwrap();
    let (stored, uploaded) = (folder.path().join("stored"), folder.path().join("uploaded"));
    let client = server.client();
    for series in reading_list() {
        series.write_to(&stored);
        client.store("/dicom-web/studies", series.instances(), 200).await;
    }
    patient("NOC-5005", "Dubois^Denise", "20240301", "CT Head", Series::ct(3)).write_to(&uploaded);
    // Kept after the run: the pictures are there to be looked at.
    let screenshots = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ohif");
    let paths = [stored.as_os_str(), uploaded.as_os_str(), screenshots.as_os_str()];
    let flags = ["--stored", "--upload", "--screenshots"];
    let arguments = flags.iter().map(std::ffi::OsStr::new).zip(paths).flat_map(|(flag, path)| [flag, path]);
    run_python("viewer/ohif.py", std::iter::once(std::ffi::OsStr::new(server.base())).chain(arguments));
}

fn reading_list() -> [Series; 4] {
    [
        patient("NOC-1001", "Andersson^Astrid", "20240115", "CT Thorax with contrast", Series::ct(40)),
        patient("NOC-2002", "Müller^Jürgen", "20230604", "CT Abdomen", Series::ct(3)),
        patient(
            "NOC-3003",
            "Brandt^Bert",
            "20220302",
            "Screen capture",
            Series::compressed(TransferSyntax::JpegBaseline, 8),
        ),
        patient(
            "NOC-4004",
            "Castro^Carla",
            "20210708",
            "Run length",
            Series::compressed(TransferSyntax::RleLossless, 4),
        ),
    ]
}

fn patient(id: &str, name: &str, date: &str, description: &str, series: Series) -> Series {
    Series {
        patient_id: id.to_owned(),
        patient_name: name.to_owned(),
        study_date: date.to_owned(),
        study_description: description.to_owned(),
        ..series
    }
}
