//! Dates and times, single and as ranges (PS3.4 C.2.2.2.5).

use crate::archive::Archive;

#[tokio::test]
async fn dates() {
    let archive = Archive::open().await;
    archive
        .check(&[
            ("StudyDate=20240115", "ADF"),
            ("StudyDate=20240115-20240115", "ADF"),
            ("StudyDate=2024.01.15", "ADF"),
            ("StudyDate=20230601-20240115", "ABDF"),
            ("StudyDate=20240116-", "C"),
            ("StudyDate=20240229-", "C"),
            ("StudyDate=-20230601", "BE"),
            ("StudyDate=20230602-20240114", ""),
            ("StudyDate=20240115-20230601", ""),
            ("PatientBirthDate=19800101-", "E"),
            ("PatientBirthDate=19800229&StudyDate=-20220101", "E"),
        ])
        .await;
}

#[tokio::test]
async fn times() {
    let archive = Archive::open().await;
    archive
        .check(&[
            ("StudyTime=093015", "A"),
            ("StudyTime=09:30:15", "A"),
            ("StudyTime=0930", "A"),
            ("StudyTime=09", "A"),
            ("StudyTime=101500.25", "C"),
            ("StudyTime=101500.250000", "C"),
            ("StudyTime=101500.26", ""),
            ("StudyTime=0930-1200", "ACE"),
            ("StudyTime=1015-", "CDE"),
            ("StudyTime=101500.3-", "DE"),
            ("StudyTime=-0815", "BF"),
            ("StudyTime=-081459.999999", "F"),
            ("StudyTime=235959", "D"),
            ("StudyDate=20240115&StudyTime=09-10", "A"),
        ])
        .await;
}

#[tokio::test]
async fn date_and_time_are_one_range() {
    let archive = Archive::open().await;
    archive
        .check(&[
            ("StudyDate=20230601-20240115&StudyTime=0815-093015", "ABF"),
            ("StudyTime=0816-0929&StudyDate=20230601-20240115", "F"),
            ("StudyDate=20240115-&StudyTime=0930-", "ACD"),
            ("StudyDate=-20240115&StudyTime=-0000", "BEF"),
            ("StudyDate=20240115-20240115&StudyTime=00-09", "AF"),
            // Ranges of two forms, and a date that is no range, are matched each by itself.
            ("StudyDate=20240115-&StudyTime=09-11", "AC"),
            ("StudyDate=20240115&StudyTime=09-", "AD"),
        ])
        .await;
    let series = "/series?PerformedProcedureStepStartDate=20230601-20240115&PerformedProcedureStepStartTime=0815-0800";
    assert_eq!(archive.matches(series).await.len(), 2, "of B and F");
}

#[tokio::test]
async fn those_of_series_and_instances() {
    let archive = Archive::open().await;
    for (path, count) in [
        ("/series?PerformedProcedureStepStartDate=20240101-20240131", 4),
        ("/series?PerformedProcedureStepStartTime=0930-0931", 2),
        ("/series?SeriesTime=093105", 8),
        ("/instances?ContentDate=20240229", 1),
        ("/instances?ContentTime=093203-&PatientID=PID-A", 1),
        ("/instances?AcquisitionTime=-093201.5&PatientID=PID-A", 2),
    ] {
        assert_eq!(archive.matches(path).await.len(), count, "{path}");
    }
}
