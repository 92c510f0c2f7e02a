//! Text folded for searching, so that a name is found however it was typed: without case, accents and width forms.

use unicode_normalization::UnicodeNormalization;

/// Folds a text: lower case, accents stripped, full-width and half-width forms unified. Folding twice changes nothing.
///
/// Stripped are the marks of Latin, Greek, Cyrillic, Hebrew and Arabic. The voicing marks of Japanese and the vowel
/// signs of Indic scripts and Thai stay: without them it would be another word.
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(text.len());
    for character in text.nfkd().flat_map(char::to_lowercase).nfkd().filter(|character| !is_stripped(*character)) {
        match replacement(character) {
            Some(plain) => folded.push_str(plain),
            None => folded.push(character),
        }
    }
    folded.nfc().collect()
}

/// Marks above and below letters, and the lengthening stroke of Arabic.
fn is_stripped(character: char) -> bool {
    matches!(
        character,
        '\u{0300}'..='\u{036F}'
            | '\u{0483}'..='\u{0489}'
            | '\u{0591}'..='\u{05BD}'
            | '\u{05BF}'
            | '\u{05C1}'..='\u{05C2}'
            | '\u{05C4}'..='\u{05C5}'
            | '\u{05C7}'
            | '\u{0610}'..='\u{061A}'
            | '\u{0640}'
            | '\u{064B}'..='\u{065F}'
            | '\u{0670}'
            | '\u{06D6}'..='\u{06DC}'
            | '\u{06DF}'..='\u{06E8}'
            | '\u{06EA}'..='\u{06ED}'
            | '\u{1AB0}'..='\u{1AFF}'
            | '\u{1DC0}'..='\u{1DFF}'
            | '\u{200B}'..='\u{200F}'
            | '\u{20D0}'..='\u{20FF}'
            | '\u{FE20}'..='\u{FE2F}'
    )
}

/// Letters that Unicode does not take apart, as they are written without their letter. The dotless i of Turkish becomes
/// a plain one, as does its capital I, so that both spellings of a name meet.
fn replacement(character: char) -> Option<&'static str> {
    Some(match character {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'ħ' => "h",
        'ı' => "i",
        'ł' => "l",
        'ŋ' => "n",
        'þ' => "th",
        'ŧ' => "t",
        'ς' => "σ",
        '\u{2018}' | '\u{2019}' | '\u{02BC}' | '\u{02B9}' => "'",
        '\u{2010}'..='\u{2015}' | '\u{2212}' => "-",
        _ => return None,
    })
}

/// The words of a name or text, of all component groups, folded. What stands between words are the delimiters of person
/// names, spaces and the punctuation that names are written with.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    fold(text).split(is_between_words).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn is_between_words(character: char) -> bool {
    character.is_whitespace()
        || character.is_control()
        || matches!(character, '^' | '=' | '\\' | ',' | '-' | '.' | '\'' | '・' | '·' | '、' | '،')
}

/// The three component groups of a person name (PS3.5 6.2.1), alphabetic, ideographic and phonetic, folded and without
/// empty components at their ends. A group that is not there is empty.
#[must_use]
pub fn name_groups(name: &str) -> [String; 3] {
    let mut groups = name.split('=').map(|group| fold(group.trim_end_matches(['^', ' ', '\0']).trim_start()));
    std::array::from_fn(|_| groups.next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_found_however_they_are_typed() {
        for (given, folded) in [
            ("MÜLLER^Jörg", "muller^jorg"),
            ("Weiß", "weiss"),
            ("WEISS", "weiss"),
            ("Søren Ångström", "soren angstrom"),
            ("Łódź", "lodz"),
            ("IŞIK İnci ılık", "isik inci ilik"),
            ("Ａｂｃ１", "abc1"),
            ("ﾔﾏﾀﾞ", "ヤマダ"),
            ("ヤマダ", "ヤマダ"),
            ("山田^太郎", "山田^太郎"),
            ("김희중", "김희중"),
            ("Διονυσιος", "διονυσιοσ"),
            ("Люкceмбypг Ёж", "люкceмбypг еж"),
            ("أحمد", "احمد"),
            ("שָׁלוֹם", "שלום"),
            ("O\u{2019}Brien", "o'brien"),
        ] {
            assert_eq!(fold(given), folded);
        }
    }

    #[test]
    fn voicing_marks_are_not_accents() {
        assert_ne!(fold("かき"), fold("かぎ"));
        assert_ne!(fold("กิน"), fold("กน"));
    }

    #[test]
    fn words_of_all_groups() {
        let words = words("Yamada-Smith^Tarou, Dr.=山田^太郎=やまだ^たろう");
        assert_eq!(words, ["yamada", "smith", "tarou", "dr", "山田", "太郎", "やまだ", "たろう"]);
        assert_eq!(super::words("O'Neill\u{3000}Jean.Luc"), ["o", "neill", "jean", "luc"]);
        assert!(super::words("^^^= ^").is_empty());
    }

    #[test]
    fn groups_are_apart() {
        assert_eq!(name_groups("Yamada^Tarou^^=山田^太郎"), ["yamada^tarou", "山田^太郎", ""].map(str::to_owned));
        assert_eq!(name_groups(""), [const { String::new() }; 3]);
        assert_eq!(name_groups("a=b=c=d"), ["a", "b", "c"].map(str::to_owned));
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in any::<String>()) {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }
    }
}
