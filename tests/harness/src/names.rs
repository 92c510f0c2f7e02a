//! Names of people who do not exist, in the scripts that archives meet.

use rand::seq::IndexedRandom;

/// A person's name in the three component groups of VR PN (PS3.5 section 6.2.1), already joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name(pub &'static str);

/// Names with accents, of several components, and with ideographic and phonetic groups.
pub const NAMES: [Name; 16] = [
    Name("Doe^Jane"),
    Name("Müller^Jürgen^^Dr."),
    Name("García Núñez^María José"),
    Name("O'Brien^Siobhán"),
    Name("Łukasiewicz^Żaneta"),
    Name("Søndergård^Åse"),
    Name("Nguyễn^Thị Ánh"),
    Name("Çelik^Gülşah"),
    Name("Παπαδόπουλος^Γιώργος"),
    Name("Люкceмбypг^Анна"),
    Name("Yamada^Tarou=山田^太郎=やまだ^たろう"),
    Name("Wang^XiaoDong=王^小东"),
    Name("Hong^Gildong=洪^吉洞=홍^길동"),
    Name("Lee^Soyeon=李^昭娟=이^소연"),
    Name("Al-Fayyad^Layla=الفياض^ليلى"),
    Name("Van der Berg^Pieter^Johannes^Prof."),
];

/// One of [`NAMES`], by chance.
pub fn random_name() -> &'static str {
    NAMES.choose(&mut rand::rng()).expect("there are names").0
}
