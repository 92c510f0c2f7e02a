//! Reads documents of the Native DICOM Model by another reader of XML, as the schema of PS3.19 A.1.6 has them: what does
//! not belong there fails the test.

use quick_xml::{Reader, XmlVersion, escape::resolve_xml_entity, events::Event};

/// A data set as it was read.
pub type Set = Vec<Attribute>;

#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    pub tag: String,
    pub vr: String,
    pub keyword: Option<String>,
    pub private_creator: Option<String>,
    pub content: Content,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    Empty,
    Values(Vec<String>),
    /// Component groups with carets between their components.
    Names(Vec<[String; 3]>),
    Items(Vec<Set>),
    BulkData(String),
    InlineBinary(String),
}

#[derive(Debug, Default)]
struct Node {
    name: String,
    attributes: Vec<(String, String)>,
    children: Vec<Node>,
    text: String,
}

/// The data set in a document.
pub fn read(document: &str) -> Set {
    assert!(document.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"), "{document}");
    let root = tree(document);
    assert_eq!((root.name.as_str(), root.text.as_str()), ("NativeDicomModel", ""));
    assert_eq!(root.attribute("xmlns"), Some("http://dicom.nema.org/PS3.19/models/NativeDICOM"));
    assert_eq!(root.attribute("xml:space"), Some("preserve"));
    assert_eq!(root.attributes.len(), 2);
    set(&root)
}

fn tree(document: &str) -> Node {
    let is_allowed =
        |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..);
    assert!(document.chars().all(is_allowed), "a character that XML 1.0 cannot hold: {document:?}");
    let mut reader = Reader::from_str(document);
    let mut open = vec![Node::default()];
    loop {
        match reader.read_event().unwrap_or_else(|error| panic!("{error}: {document}")) {
            Event::Decl(_) => {}
            Event::Start(start) => {
                let mut node = Node { name: start.name().0.to_owned(), ..Node::default() };
                for attribute in start.attributes() {
                    let attribute = attribute.unwrap();
                    let value = attribute.normalized_value(XmlVersion::Explicit1_0).unwrap().into_owned();
                    node.attributes.push((attribute.key.0.to_owned(), value));
                }
                open.push(node);
            }
            Event::End(_) => {
                let node = open.pop().unwrap();
                open.last_mut().unwrap().children.push(node);
            }
            Event::Text(text) => open.last_mut().unwrap().text += &text.xml10_content(),
            Event::GeneralRef(reference) => {
                let text = &mut open.last_mut().unwrap().text;
                match reference.resolve_char_ref().unwrap() {
                    Some(character) => text.push(character),
                    None => *text += resolve_xml_entity(&reference.xml10_content()).unwrap(),
                }
            }
            Event::Eof => break,
            other => panic!("{other:?} in {document}"),
        }
    }
    assert_eq!(open.len(), 1, "everything is closed");
    let mut outermost = open.pop().unwrap();
    assert_eq!((outermost.children.len(), outermost.text.trim()), (1, ""));
    outermost.children.pop().unwrap()
}

impl Node {
    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn leaf(&self) -> String {
        assert!(self.children.is_empty(), "{self:?}");
        self.text.clone()
    }
}

fn set(node: &Node) -> Set {
    assert_eq!(node.text, "", "{node:?}");
    node.children.iter().map(attribute).collect()
}

fn attribute(node: &Node) -> Attribute {
    assert_eq!((node.name.as_str(), node.text.as_str()), ("DicomAttribute", ""), "{node:?}");
    let known = ["tag", "vr", "keyword", "privateCreator"];
    assert!(node.attributes.iter().all(|(name, _)| known.contains(&name.as_str())), "{node:?}");
    let owned = |name: &str| node.attribute(name).map(str::to_owned);
    let first = node.children.first().map_or("", |child| child.name.as_str());
    assert!(node.children.iter().all(|child| child.name == first), "one kind of content: {node:?}");
    let content = match (first, node.children.as_slice()) {
        ("", _) => Content::Empty,
        ("Value", values) => Content::Values(numbered(values).map(Node::leaf).collect()),
        ("PersonName", names) => Content::Names(numbered(names).map(name).collect()),
        ("Item", items) => Content::Items(numbered(items).map(set).collect()),
        ("BulkData", [bulk]) => {
            assert_eq!((bulk.attributes.len(), bulk.leaf().as_str()), (1, ""));
            Content::BulkData(bulk.attribute("uri").unwrap().to_owned())
        }
        ("InlineBinary", [binary]) => Content::InlineBinary(binary.leaf()),
        _ => panic!("{node:?}"),
    };
    let (tag, vr) = (owned("tag").unwrap(), owned("vr").unwrap());
    Attribute { tag, vr, keyword: owned("keyword"), private_creator: owned("privateCreator"), content }
}

/// From one on, each one more.
fn numbered(nodes: &[Node]) -> impl Iterator<Item = &Node> {
    nodes.iter().enumerate().map(|(at, node)| {
        assert_eq!(node.attributes, [("number".to_owned(), (at + 1).to_string())]);
        node
    })
}

fn name(node: &Node) -> [String; 3] {
    assert_eq!(node.text, "");
    let mut groups: [String; 3] = Default::default();
    let mut titles = ["Alphabetic", "Ideographic", "Phonetic"].into_iter().zip(&mut groups);
    for child in &node.children {
        let (_, group) = titles.by_ref().find(|(title, _)| *title == child.name).expect("groups in their order");
        *group = components(child);
    }
    groups
}

fn components(node: &Node) -> String {
    assert_eq!(node.text, "");
    let mut text = String::new();
    let mut titles = ["FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix"].into_iter();
    for (at, child) in node.children.iter().enumerate() {
        let skipped = titles.by_ref().position(|title| title == child.name).expect("components in their order");
        let carets = if at == 0 { skipped } else { skipped + 1 };
        text += &"^".repeat(carets);
        text += &child.leaf();
    }
    text
}
