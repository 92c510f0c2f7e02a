//! What is wrong with a setting, for people: its key, where it was given, why it cannot be, and what it looks like.

use super::DEFAULT;
use figment::{Metadata, error::Kind};

/// All that is wrong, one a line.
pub(super) fn explained(error: figment::Error) -> anyhow::Error {
    let lines: Vec<String> = error.into_iter().map(|error| line(&error)).collect();
    anyhow::anyhow!("the configuration is not valid: {}", lines.join("\n"))
}

fn line(error: &figment::Error) -> String {
    let place = error.metadata.as_ref().map(place).unwrap_or_default();
    // Places in a list are numbers, and belong to the key before them.
    let parts: Vec<&str> = error.path.iter().map(String::as_str).filter(|part| part.parse::<u32>().is_err()).collect();
    if let Kind::UnknownField(found, expected) = &error.kind {
        let section: Vec<&str> = parts.iter().copied().filter(|part| part != found).collect();
        let section = if section.is_empty() { String::new() } else { format!("{}: ", section.join(".")) };
        return format!("{section}unknown key `{found}`{place}; there are {}", expected.join(", "));
    }
    let key = parts.join(".");
    match (key.as_str(), example(&key)) {
        ("", _) => format!("{}{place}", error.kind),
        (key, Some(example)) => format!("{key}: {}{place}; write it like {key} = {example}", error.kind),
        (key, None) => format!("{key}: {}{place}", error.kind),
    }
}

fn place(metadata: &Metadata) -> String {
    match &metadata.source {
        Some(source) => format!(" in {source} {}", metadata.name),
        None => format!(" in {}", metadata.name),
    }
}

/// The value that the default file has for a key, or shows in a comment.
fn example(key: &str) -> Option<&'static str> {
    let (section, name) = key.rsplit_once('.')?;
    let header = format!("[{section}]");
    let lines = DEFAULT.lines().skip_while(|line| *line != header).skip(1);
    let mut settings = lines.take_while(|line| !line.starts_with('['));
    settings.find_map(|line| {
        let (found, value) = line.trim_start_matches("# ").split_once(" = ")?;
        (found == name).then_some(value)
    })
}

#[cfg(test)]
mod tests {
    use super::example;

    #[test]
    fn each_key_has_an_example_also_those_without_a_default() {
        assert_eq!(example("server.listen"), Some("\"127.0.0.1:8080\""));
        assert_eq!(example("rpc.listen"), Some("\"127.0.0.1:7443\""));
        assert_eq!(example("services.query"), Some("\"query.example:7443\""));
        assert_eq!(example("ingest.data_set.depth"), Some("64"));
        assert_eq!(example("server.nothing"), None);
    }
}
