//! The headers of a part.

use crate::Error;

/// The headers of a part, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// The value of the first header of this name, in any case of letters.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// All headers: names in lower case, values without the space around them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Takes one line in, without its line end. A line that begins with a space continues the one before (RFC 822).
    pub(crate) fn push_line(&mut self, line: &[u8], most: usize) -> Result<(), Error> {
        if line.first().is_some_and(|byte| matches!(byte, b' ' | b'\t')) {
            let (_, value) = self.0.last_mut().ok_or(Error::MalformedHeader)?;
            value.push(' ');
            value.push_str(String::from_utf8_lossy(line).trim());
            return Ok(());
        }
        if self.0.len() >= most {
            return Err(Error::TooManyHeaders);
        }
        let colon = memchr::memchr(b':', line).ok_or(Error::MalformedHeader)?;
        let (name, value) = line.split_at_checked(colon).ok_or(Error::MalformedHeader)?;
        let name = name.trim_ascii_end();
        if name.is_empty() || !name.iter().all(u8::is_ascii_graphic) {
            return Err(Error::MalformedHeader);
        }
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        let value = String::from_utf8_lossy(value.get(1..).unwrap_or_default()).trim().to_owned();
        self.0.push((name, value));
        Ok(())
    }
}
