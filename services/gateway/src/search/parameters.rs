//! The query string of a search (PS3.18 8.3.4), decoded but not yet interpreted: values go to the query service as
//! text.

#[cfg(test)]
mod tests;

use super::attribute;
use percent_encoding::percent_decode_str;
use proto::query::v1::{Key, OrderBy};

/// The longest query string that is read, in bytes.
const MAX_LENGTH: usize = 32 * 1024;
/// The most parameters that are read.
const MAX_PARAMETERS: usize = 256;
/// The most attributes in all `includefield` parameters together.
const MAX_FIELDS: usize = 1024;
/// The most attributes to order by.
const MAX_ORDERS: usize = 8;

/// What the query string of a search says.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Parameters {
    /// Match keys in the order in which they came; a name may come several times.
    pub keys: Vec<Key>,
    /// Attributes that are asked for besides, without `all`.
    pub include: Vec<Field>,
    /// `includefield=all`.
    pub include_all: bool,
    /// `fuzzymatching=true`.
    pub fuzzy_matching: bool,
    /// `emptyvaluematching=true`.
    pub empty_value_matching: bool,
    /// `multiplevaluematching=true`.
    pub multiple_value_matching: bool,
    /// `orderby`, which the standard does not have: attributes, each with a minus in front where the greatest comes first.
    pub order_by: Vec<OrderBy>,
    /// The most matches to return; more than can be counted is as good as no limit.
    pub limit: Option<u32>,
    /// How many matches to leave out first.
    pub offset: u64,
    /// Names of parameters, and of attributes in `includefield`, that mean nothing; each once.
    pub unknown: Vec<String>,
}

/// An attribute in `includefield`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    /// Of a path only the first tag: sequences are returned whole.
    pub tag: u32,
    /// As the client wrote it.
    pub name: String,
}

/// Why a query string cannot be understood. Values are not repeated: they may be patient data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum ParameterError {
    /// More bytes than are read: 414.
    #[error("the query string has more than {limit} bytes")]
    TooLong {
        /// In bytes.
        limit: usize,
    },
    /// More parameters than are read.
    #[error("there are more than {limit} parameters")]
    TooManyParameters {
        /// How many are read.
        limit: usize,
    },
    /// More fields than are read.
    #[error("includefield names more than {limit} attributes")]
    TooManyFields {
        /// How many are read.
        limit: usize,
    },
    /// Percent-decoding gives no UTF-8.
    #[error("the value of {name} is not UTF-8")]
    NotText {
        /// The parameter.
        name: String,
    },
    /// A number that is none.
    #[error("{name} must be a whole number that is not negative")]
    NotANumber {
        /// The parameter.
        name: &'static str,
    },
    /// Something to order by that is no attribute, or too much of it.
    #[error("orderby lists at most {limit} attributes by keyword or tag, each with or without a minus in front")]
    NotAnOrder {
        /// How many are read.
        limit: usize,
    },
    /// A flag that is neither.
    #[error("{name} must be true or false")]
    NotABoolean {
        /// The parameter.
        name: &'static str,
    },
}

impl Parameters {
    /// Reads a query string, without its question mark.
    ///
    /// # Errors
    /// [`ParameterError`].
    pub(super) fn parse(query: &str) -> Result<Self, ParameterError> {
        if query.len() > MAX_LENGTH {
            return Err(ParameterError::TooLong { limit: MAX_LENGTH });
        }
        let pairs: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty()).take(MAX_PARAMETERS + 1).collect();
        if pairs.len() > MAX_PARAMETERS {
            return Err(ParameterError::TooManyParameters { limit: MAX_PARAMETERS });
        }
        let mut parameters = Self::default();
        let mut paging = Paging::default();
        for pair in pairs {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let Some(name) = decode(name) else {
                parameters.note_unknown("(not UTF-8)");
                continue;
            };
            let value = decode(value).ok_or_else(|| ParameterError::NotText { name: printable(&name) })?;
            parameters.take(&name, value, &mut paging)?;
        }
        parameters.limit = paging.limit;
        parameters.offset = paging.offset.unwrap_or(0);
        Ok(parameters)
    }

    fn take(&mut self, name: &str, value: String, paging: &mut Paging) -> Result<(), ParameterError> {
        match name.to_ascii_lowercase().as_str() {
            "fuzzymatching" => self.fuzzy_matching |= boolean("fuzzymatching", &value)?,
            "emptyvaluematching" => self.empty_value_matching |= boolean("emptyvaluematching", &value)?,
            "multiplevaluematching" => self.multiple_value_matching |= boolean("multiplevaluematching", &value)?,
            "includefield" => self.take_fields(&value)?,
            "orderby" => self.take_orders(&value)?,
            "limit" => {
                let limit = u32::try_from(number("limit", &value)?).unwrap_or(u32::MAX);
                paging.limit.get_or_insert(limit);
            }
            "offset" => {
                let offset = number("offset", &value)?;
                paging.offset.get_or_insert(offset);
            }
            // Read where all resources read it, and nothing to choose from.
            "accept" | "charset" => {}
            _ => match attribute::path(name) {
                Some(path) => self.keys.push(Key { path, name: name.to_owned(), value }),
                None => self.note_unknown(name),
            },
        }
        Ok(())
    }

    fn take_fields(&mut self, value: &str) -> Result<(), ParameterError> {
        for name in value.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            if self.include.len() >= MAX_FIELDS {
                return Err(ParameterError::TooManyFields { limit: MAX_FIELDS });
            }
            if name.eq_ignore_ascii_case("all") {
                self.include_all = true;
            } else if let Some(tag) = attribute::path(name).and_then(|path| path.first().copied()) {
                self.include.push(Field { tag, name: name.to_owned() });
            } else {
                self.note_unknown(name);
            }
        }
        Ok(())
    }

    fn take_orders(&mut self, value: &str) -> Result<(), ParameterError> {
        for name in value.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            let (descending, name) = name.strip_prefix('-').map_or((false, name), |name| (true, name));
            match attribute::path(name).filter(|_| self.order_by.len() < MAX_ORDERS) {
                Some(path) => self.order_by.push(OrderBy { path, name: name.to_owned(), descending }),
                None => return Err(ParameterError::NotAnOrder { limit: MAX_ORDERS }),
            }
        }
        Ok(())
    }

    fn note_unknown(&mut self, name: &str) {
        let name = printable(name);
        if !self.unknown.contains(&name) {
            self.unknown.push(name);
        }
    }
}

/// Of repeated parameters the first counts.
#[derive(Default)]
struct Paging {
    limit: Option<u32>,
    offset: Option<u64>,
}

/// Form decoding, which is what browsers and libraries apply to query strings: percent signs, and `+` for a space.
/// A percent sign that begins no escape stands for itself. `None` if the outcome is not UTF-8.
fn decode(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(|decoded| decoded.into_owned())
}

/// A number that does not fit is as large as a number can be.
fn number(name: &'static str, value: &str) -> Result<u64, ParameterError> {
    let value = value.trim();
    if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ParameterError::NotANumber { name });
    }
    Ok(value.parse().unwrap_or(u64::MAX))
}

fn boolean(name: &'static str, value: &str) -> Result<bool, ParameterError> {
    match value.trim().to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(ParameterError::NotABoolean { name }),
    }
}

/// A name as it may stand in a header or a problem: short, and nothing but what names consist of.
fn printable(name: &str) -> String {
    const LONGEST: usize = 64;
    let plain = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
    name.chars().take(LONGEST).map(|character| if plain(character) { character } else { '?' }).collect()
}
