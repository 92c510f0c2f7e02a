//! The dicomweb-client package from PyPI against the running program, compared with what pydicom reads.

use harness::{NAMES, Series, Server, TransferSyntax, run_python};

#[tokio::test(flavor = "multi_thread")]
async fn stores_searches_retrieves_and_deletes() {
    let server = Server::start(env!("CARGO_BIN_EXE_noctis")).await;
    let folder = tempfile::tempdir().unwrap();
    let natives = [
        TransferSyntax::ExplicitLittle,
        TransferSyntax::ImplicitLittle,
        TransferSyntax::ExplicitBig,
        TransferSyntax::Deflated,
    ];
    for (syntax, name) in natives.into_iter().zip(NAMES.iter().skip(1).step_by(3)) {
        Series { patient_name: name.0.to_owned(), ..Series::small(3).encoded(syntax) }.write_to(folder.path());
    }
    for syntax in [TransferSyntax::JpegBaseline, TransferSyntax::RleLossless] {
        Series {
            patient_name: "Yamada^Tarou=山田^太郎=やまだ^たろう".to_owned(), ..Series::compressed(syntax, 5)
        }
        .write_to(folder.path());
    }
    let folder = folder.path().to_str().unwrap();
    run_python("clients/via_dicomweb_client.py", [server.base(), "--files", folder]);
}
