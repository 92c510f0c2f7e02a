//! Bounds on what one instance may make the parser keep, nest or count.

/// How much of an instance is looked at and kept. Whatever a file declares, no more memory than this is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Sum of the bytes of all values that are read into memory.
    pub header_bytes: u64,
    /// How deep sequences may nest.
    pub depth: u16,
    /// Data elements, sequence items and delimiters together.
    pub elements: u32,
    /// Bytes up to which a binary value (OB, OD, OF, OL, OV, OW, UN) goes into the metadata; longer ones become
    /// bulk data. Numbers and text become bulk data above [`Limits::INLINE_TEXT`] bytes.
    pub inline_value: u32,
    /// Fragments of encapsulated Pixel Data (PS3.5 A.4).
    pub fragments: u32,
    /// Bytes that a deflated data set (PS3.5 A.5) may inflate to.
    pub inflated_bytes: u64,
}

impl Limits {
    /// Bytes up to which text and numbers stay in the metadata, whatever [`Limits::inline_value`] says: the
    /// most that a short explicit VR can hold (PS3.5 7.1.2).
    pub const INLINE_TEXT: u32 = 65_536;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_bytes: 32 << 20,
            depth: 64,
            elements: 500_000,
            inline_value: 4096,
            fragments: 2_000_000,
            inflated_bytes: 8 << 30,
        }
    }
}
