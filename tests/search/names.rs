//! Names: literally without case and accents, by wildcards, and fuzzy, in all three component groups.

use crate::archive::Archive;

#[tokio::test]
async fn names_match_without_case_and_accents() {
    let archive = Archive::open().await;
    archive
        .check(&[
            ("PatientName=Doe^Jane", "A"),
            ("PatientName=doe^JANE", "A"),
            ("PatientName=Doe%5EJane", "A"),
            ("PatientName=Doe^Jane^^", "A"),
            ("PatientName=doe", ""),
            ("PatientName=MULLER^jurgen^^dr.", "B"),
            ("PatientName=müller^jürgen^^dr.", "B"),
            ("PatientName=Garcia Nunez^Maria Jose", "E"),
            ("PatientName=GARC%C3%8DA+N%C3%9A%C3%91EZ%5EMAR%C3%8DA+JOS%C3%89", "E"),
            ("00100010=o'brien^siobhan", "F"),
            ("ReferringPhysicianName=REFERRER^rita", "ABCDEFG"),
        ])
        .await;
}

#[tokio::test]
async fn names_match_by_wildcards() {
    let archive = Archive::open().await;
    archive
        .check(&[
            ("PatientName=Doe*", "AD"),
            ("PatientName=doe^j*", "AD"),
            ("PatientName=DOE%5E*", "AD"),
            ("PatientName=doe^j???", "AD"),
            ("PatientName=*ane", "A"),
            ("PatientName=*nunez*", "E"),
            ("PatientName=*Núñez*", "E"),
            ("PatientName=*ü*", "BCE"), // accents do not count: a plain u is meant
            ("PatientName=*siob*", "F"),
            ("PatientName=*'*", "F"),
            ("PatientName=*zz*", ""),
        ])
        .await;
}

#[tokio::test]
async fn groups_are_searched_together_and_apart() {
    let archive = Archive::open().await;
    archive
        .check(&[
            ("PatientName=山田^太郎", "C"),
            ("PatientName=山*", "C"),
            ("PatientName=*山*", "C"),
            ("PatientName=*田*", "C"),
            ("PatientName=*太郎*", "C"),
            ("PatientName=?田*", "C"),
            ("PatientName=*ろう", "C"),
            ("PatientName=*李*", "G"),
            ("PatientName=이*", "G"),
            ("PatientName=%EC%9D%B4%5E%EC%86%8C%EC%97%B0", "G"),
            ("PatientName=*金*", ""),
            ("PatientName==山田*", "C"),
            ("PatientName=山田*=", ""),
            ("PatientName==Yamada*", ""),
            ("PatientName===やまだ^たろう", "C"),
            ("PatientName=yamada*=山*=やまだ*", "C"),
            ("PatientName=Yamada^Tarou=山田^太郎=やまだ^たろう", "C"),
            ("PatientName=Yamada^Tarou=山田^次郎", ""),
        ])
        .await;
}

#[tokio::test]
async fn fuzzy_matching_takes_beginnings_of_words_in_any_order() {
    let archive = Archive::open().await;
    for (name, expected) in [
        ("doe", "AD"),
        ("DOE", "AD"),
        ("jan", "A"),
        ("jane doe", "A"),
        ("doe^jane", "A"),
        ("do jo", "D"),
        ("jos garc", "E"),
        ("maria nunez", "E"),
        ("MARÍA", "E"),
        ("jurgen", "B"),
        ("Jür Müll", "B"),
        ("brien", "F"),
        ("o'brien", "F"),
        ("山", "C"),
        ("太郎", "C"),
        ("たろ", "C"),
        ("yamada 太", "C"),
        ("소연", "G"),
        ("李 lee", "G"),
        ("ane", ""),
        ("doe nobody", ""),
        ("*jane*", "A"),
        ("J*", "ABDE"),
    ] {
        for fuzzy in ["true", "TRUE"] {
            let query = format!("fuzzymatching={fuzzy}&PatientName={name}");
            assert_eq!(archive.studies(&query).await, expected, "{query}");
        }
    }
    archive.check(&[("fuzzymatching=false&PatientName=jane", ""), ("fuzzymatching=true&PatientID=PID", "")]).await;
}
