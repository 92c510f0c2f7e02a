//! What reading has in common, whatever database the rows come from.

pub(crate) mod choose;
pub(crate) mod instance;
pub(crate) mod page;
pub(crate) mod row;
mod zoned;
