//! `noctis import`: over HTTP and straight into the data folder, with an honest summary and exit code.

use std::path::Path;

use harness::{Instance, Series, Server};

use crate::{
    ROOT, STUDIES, builder,
    command::{Run, run},
    start,
};

fn import(arguments: &[&str]) -> Run {
    run(&std::env::temp_dir(), &[&["import"], arguments].concat(), &[])
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A folder with three instances, one of them further down, and what is no business of an import.
fn folder(series: &Series) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    series.write_to(&folder.path().join("a/b"));
    let first = series.instance(1);
    std::fs::rename(folder.path().join(format!("a/b/{}.dcm", first.instance)), folder.path().join("IM000001")).unwrap();
    std::fs::write(folder.path().join("DICOMDIR"), b"no image").unwrap();
    std::fs::write(folder.path().join(".hidden"), b"no image").unwrap();
    folder
}

fn summary(run: &Run) -> &str {
    run.stdout.lines().next().unwrap_or_default()
}

async fn assert_holds(server: &Server, root: &str, instances: impl IntoIterator<Item = Instance>) {
    for instance in instances {
        assert_eq!(server.client().stored(&format!("{root}{}", instance.path())).await, instance.bytes);
    }
}

#[tokio::test]
async fn over_http_into_a_named_server() {
    let server = start().await;
    let series = Series::small(3);
    let folder = folder(&series);
    let url = format!("--url={}", server.base());
    let first = import(&[text(folder.path()), &url]);
    assert_eq!((first.code, summary(&first)), (Some(0), "3 stored, 0 already there, 0 refused, 0 failed"), "{first:?}");
    assert_holds(&server, ROOT, series.instances()).await;
    for address in [url.clone(), format!("{url}/"), format!("{url}/dicom-web")] {
        let again = import(&[text(folder.path()), &address]);
        assert_eq!((again.code, summary(&again)), (Some(0), "0 stored, 3 already there, 0 refused, 0 failed"));
    }
}

#[tokio::test]
async fn into_the_server_that_has_the_data_folder_open() {
    let server = start().await;
    let series = Series::small(2);
    let folder = folder(&series);
    let done = import(&[text(folder.path()), "--data-dir", text(server.data_dir())]);
    assert_eq!((done.code, summary(&done)), (Some(0), "2 stored, 0 already there, 0 refused, 0 failed"), "{done:?}");
    assert_holds(&server, ROOT, series.instances()).await;
}

#[tokio::test]
async fn straight_into_the_data_folder_when_no_server_runs() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    let series = Series::small(3);
    let folder = folder(&series);
    for expected in ["3 stored, 0 already there, 0 refused, 0 failed", "0 stored, 3 already there, 0 refused, 0 failed"]
    {
        let done = import(&[text(folder.path()), "--data-dir", text(&data)]);
        assert_eq!((done.code, summary(&done)), (Some(0), expected), "{done:?}");
    }
    let server = builder().data_dir(&data).start().await;
    assert_eq!(server.client().count(&format!("{ROOT}/instances")).await, 3);
    assert_holds(&server, ROOT, series.instances()).await;
    assert_eq!(server.objects().len(), 3, "and nothing is left of the second run");
}

#[tokio::test]
async fn what_is_refused_is_named_with_its_reason() {
    let server = start().await;
    let series = Series::small(2);
    let folder = folder(&series);
    std::fs::write(folder.path().join("notes.txt"), "not DICOM at all").unwrap();
    std::fs::write(folder.path().join("empty.dcm"), "").unwrap();
    server.client().store(STUDIES, [Series { seed: 99, ..series.clone() }.instance(2)], 200).await;
    let place = tempfile::tempdir().unwrap();
    let direct = place.path().join("data");
    let filled = tempfile::tempdir().unwrap();
    Series { seed: 99, ..series.clone() }.write_to(filled.path());
    std::fs::remove_file(filled.path().join(format!("{}.dcm", series.instance(1).instance))).unwrap();
    assert_eq!(import(&[text(filled.path()), "--data-dir", text(&direct)]).code, Some(0));

    for destination in [format!("--url={}", server.base()), format!("--data-dir={}", text(&direct))] {
        let done = import(&[text(folder.path()), &destination]);
        assert_eq!(
            (done.code, summary(&done)),
            (Some(1), "1 stored, 0 already there, 3 refused, 0 failed"),
            "{done:?}"
        );
        for named in ["notes.txt", "empty.dcm", &format!("{}.dcm", series.instance(2).instance), "(0x0111)", "(0xC000)"]
        {
            assert!(done.stdout.contains(named), "{named}: {}", done.stdout);
        }
    }
    assert_holds(&server, ROOT, [series.instance(1)]).await;
}

#[tokio::test]
async fn into_another_facility() {
    let server = builder().env("NOCTIS_GATEWAY__FACILITIES", "[\"north\"]").start().await;
    let series = Series::small(1);
    let folder = folder(&series);
    let url = format!("--url={}", server.base());
    assert_eq!(import(&[text(folder.path()), &url, "--facility", "north"]).code, Some(0));
    assert_holds(&server, "/facilities/north/dicom-web", series.instances()).await;
    assert_eq!(server.client().count("/facilities/default/dicom-web/studies").await, 0);
    let unknown = import(&[text(folder.path()), &url, "--facility", "south"]);
    assert_eq!((unknown.code, summary(&unknown)), (Some(1), "0 stored, 0 already there, 1 refused, 0 failed"));
    assert_eq!(import(&[text(folder.path()), &url, "--facility", "No!"]).code, Some(2));
}

#[tokio::test]
async fn what_cannot_be_read_or_reached_fails() {
    let folder = folder(&Series::small(1));
    let absent = folder.path().join("absent");
    let server = start().await;
    let url = format!("--url={}", server.base());
    let unread = import(&[text(&absent), text(folder.path()), &url]);
    assert_eq!((unread.code, summary(&unread)), (Some(1), "1 stored, 0 already there, 0 refused, 1 failed"));
    assert!(unread.stdout.contains(text(&absent)), "{}", unread.stdout);
    let (data, base) = (server.data_dir().to_owned(), server.base().to_owned());
    drop(server);
    let unreached = import(&[text(folder.path()), &format!("--url={base}")]);
    assert_eq!((unreached.code, summary(&unreached)), (Some(1), "0 stored, 0 already there, 0 refused, 1 failed"));
    assert!(!data.exists() || unreached.stdout.contains("cannot be sent"), "{}", unreached.stdout);
}

#[tokio::test]
async fn a_thousand_small_files() {
    let server = start().await;
    let place = tempfile::tempdir().unwrap();
    let series = Series { rows: 16, columns: 16, ..Series::ct(1000) };
    series.write_to(place.path());
    let done = import(&[text(place.path()), &format!("--url={}", server.base()), "--parallel", "16"]);
    assert_eq!((done.code, summary(&done)), (Some(0), "1000 stored, 0 already there, 0 refused, 0 failed"));
    let study = server.client().json(STUDIES).await;
    assert_eq!(study[0]["00201208"]["Value"][0], 1000);
}
