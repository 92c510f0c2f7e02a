//! Matching of names of persons.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::fixture::{Fixture, single, wild};
use super::sample::Sample;
use catalog::Match;
use dataset::Level;

async fn patients(fixture: &Fixture, names: &[&str]) {
    for (study, name) in (1..).zip(names) {
        fixture.store(&[Sample::new(study, 1, 1).with("PatientName", name)]).await;
    }
}

async fn assert_found(fixture: &Fixture, keyword: &str, fuzzy: bool, tests: &[(Match, &[u32])]) {
    for (number, (test, expected)) in tests.iter().enumerate() {
        let mut found = fixture.found_by(Level::Study, &[(keyword, test.clone())], fuzzy).await;
        found.sort();
        let expected: Vec<String> = expected.iter().map(|study| format!("1.2.{study}")).collect();
        assert_eq!(found, expected, "test {number}");
    }
}

pub async fn names_match_without_case_and_accents(fixture: &Fixture) {
    patients(fixture, &["Müller^Jörg", "MULLER^JORG^^Dr.", "Miller^Joe", ""]).await;
    let tests: &[(Match, &[u32])] = &[
        (single("muller^jorg"), &[1]),
        (single("MÜLLER^JÖRG^"), &[1]),
        (single("Müller"), &[]),
        (wild("müller*"), &[1, 2]),
        (wild("M?ller^*"), &[1, 2, 3]),
        (wild("*^jo*"), &[1, 2, 3]),
        (wild("*JÖRG"), &[1]),
        (wild("*"), &[1, 2, 3, 4]),
        (Match::Universal, &[1, 2, 3, 4]),
    ];
    assert_found(fixture, "PatientName", false, tests).await;
}

pub async fn names_match_in_every_component_group(fixture: &Fixture) {
    patients(fixture, &["Yamada^Tarou=山田^太郎=やまだ^たろう", "Hong^Gildong=洪^吉洞=홍^길동", "=山本^一=やまもと"])
        .await;
    let tests: &[(Match, &[u32])] = &[
        (single("山田^太郎"), &[1]),
        (wild("山*"), &[1, 3]),
        (wild("*山*"), &[1, 3]),
        (wild("*一*"), &[3]),
        (wild("*田^太*"), &[1]),
        (wild("やま*"), &[1, 3]),
        (wild("*길*"), &[2]),
        (wild("*길동"), &[2]),
        (wild("yamada*=山田*"), &[1]),
        (wild("yamada*=洪*"), &[]),
        (wild("=山*"), &[1, 3]),
        (wild("山*="), &[]),
        (wild("==やま*"), &[1, 3]),
    ];
    assert_found(fixture, "PatientName", false, tests).await;
}

pub async fn names_match_by_any_part(fixture: &Fixture) {
    patients(fixture, &["Smithson^Anna", "Blacksmith^Bert", "O'Neill^Cy", "Li^Bo"]).await;
    let tests: &[(Match, &[u32])] = &[
        (wild("*smith*"), &[1, 2]),
        (wild("*SMITH"), &[]),
        (wild("*smith^*"), &[2]),
        (wild("*i*"), &[1, 2, 3, 4]),
        (wild("*n?*"), &[1, 3]),
        (wild("*o'n*"), &[3]),
        (wild("*li*"), &[4]),
        (wild("*an*s*"), &[]),
        (wild("*s*an*"), &[1]),
        (wild("*z*"), &[]),
        (wild("*^b*"), &[2, 4]),
    ];
    assert_found(fixture, "PatientName", false, tests).await;
}

pub async fn fuzzy_names_match_by_words(fixture: &Fixture) {
    patients(fixture, &["Müller-Lüdenscheidt^Hans Peter=穆勒^汉斯", "Müller^Anna", "Peters^Hans", ""]).await;
    let tests: &[(Match, &[u32])] = &[
        (single("hans"), &[1, 3]),
        (single("peter mül"), &[1]),
        (single("LUDEN, hans"), &[1]),
        (single("hans peter"), &[1, 3]),
        (single("汉"), &[1]),
        (single("p"), &[1, 3]),
        (single("h p"), &[1, 3]),
        (single("h a"), &[]),
        (single("a mü"), &[2]),
        (single("穆勒 hans"), &[1]),
        (single("anna hans"), &[]),
        (wild("*hans*"), &[1, 3]),
        (wild("*nscheidt*"), &[1]),
        (single("^"), &[]),
        (single("ller"), &[]),
    ];
    assert_found(fixture, "PatientName", true, tests).await;
}

pub async fn other_names_match_too(fixture: &Fixture) {
    fixture
        .store(&[
            Sample::new(1, 1, 1).with("ReferringPhysicianName", "Ärzt^Eva").with("OperatorsName", "Op^A\\Op^B"),
            Sample::new(2, 1, 1).with("PhysiciansOfRecord", "Eins^A\\Zwei^B").with("OperatorsName", "Op^C"),
        ])
        .await;
    assert_found(
        fixture,
        "ReferringPhysicianName",
        false,
        &[(wild("arzt*"), &[1]), (wild("*va"), &[1]), (wild("*x*"), &[])],
    )
    .await;
    assert_found(fixture, "ReferringPhysicianName", true, &[(single("ev ar"), &[1])]).await;
    assert_found(fixture, "PhysiciansOfRecord", false, &[(single("zwei^b"), &[2]), (wild("*wei*"), &[2])]).await;
    for (test, expected) in [(single("op^b"), vec!["1.2.1.1"]), (wild("*^c"), vec!["1.2.2.1"]), (single("op"), vec![])]
    {
        assert_eq!(fixture.found(Level::Series, "OperatorsName", test).await, expected);
    }
    let words = [("OperatorsName", single("b op"))];
    assert_eq!(fixture.found_by(Level::Instance, &words, true).await, ["1.2.1.1.1"]);
}
