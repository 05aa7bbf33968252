//! The words that TPC-H data is made of, as the public specification of the benchmark lists them.

pub(super) const REGIONS: [&str; 5] = ["AFRICA", "AMERICA", "ASIA", "EUROPE", "MIDDLE EAST"];

/// Each nation and the number of its region.
pub(super) const NATIONS: [(&str, usize); 25] = [
    ("ALGERIA", 0),
    ("ARGENTINA", 1),
    ("BRAZIL", 1),
    ("CANADA", 1),
    ("EGYPT", 4),
    ("ETHIOPIA", 0),
    ("FRANCE", 3),
    ("GERMANY", 3),
    ("INDIA", 2),
    ("INDONESIA", 2),
    ("IRAN", 4),
    ("IRAQ", 4),
    ("JAPAN", 2),
    ("JORDAN", 4),
    ("KENYA", 0),
    ("MOROCCO", 0),
    ("MOZAMBIQUE", 0),
    ("PERU", 1),
    ("CHINA", 2),
    ("ROMANIA", 3),
    ("SAUDI ARABIA", 4),
    ("VIETNAM", 2),
    ("RUSSIA", 3),
    ("UNITED KINGDOM", 3),
    ("UNITED STATES", 1),
];

/// A part's name is five of these.
pub(super) const COLOURS: &str = "almond antique aquamarine azure beige bisque black blanched blue blush brown \
    burlywood burnished chartreuse chiffon chocolate coral cornflower cornsilk cream cyan dark deep dim dodger drab \
    firebrick floral forest frosted gainsboro ghost goldenrod green grey honeydew hot indian ivory khaki lace lavender \
    lawn lemon light lime linen magenta maroon medium metallic midnight mint misty moccasin navajo navy olive orange \
    orchid pale papaya peach peru pink plum powder puff purple red rose rosy royal saddle salmon sandy seashell sienna \
    sky slate smoke snow spring steel tan thistle tomato turquoise violet wheat white yellow";

/// A part's type is one of each.
pub(super) const TYPES: [&[&str]; 3] = [
    &["STANDARD", "SMALL", "MEDIUM", "LARGE", "ECONOMY", "PROMO"],
    &["ANODIZED", "BURNISHED", "PLATED", "POLISHED", "BRUSHED"],
    &["TIN", "NICKEL", "BRASS", "STEEL", "COPPER"],
];

/// A part's container is one of each.
pub(super) const CONTAINERS: [&[&str]; 2] = [
    &["SM", "LG", "MED", "JUMBO", "WRAP"],
    &["CASE", "BOX", "BAG", "JAR", "PKG", "PACK", "CAN", "DRUM"],
];

pub(super) const SEGMENTS: &[&str] =
    &["AUTOMOBILE", "BUILDING", "FURNITURE", "MACHINERY", "HOUSEHOLD"];

pub(super) const PRIORITIES: &[&str] =
    &["1-URGENT", "2-HIGH", "3-MEDIUM", "4-NOT SPECIFIED", "5-LOW"];

pub(super) const INSTRUCTIONS: &[&str] =
    &["DELIVER IN PERSON", "COLLECT COD", "NONE", "TAKE BACK RETURN"];

pub(super) const MODES: &[&str] = &["REG AIR", "AIR", "RAIL", "SHIP", "TRUCK", "MAIL", "FOB"];

/// What comments are made of.
pub(super) const TEXT: &str = "packages requests accounts deposits foxes ideas theodolites instructions dependencies \
    excuses platelets asymptotes courts dolphins multipliers sauternes warthogs frets dinos attainments somas braids \
    special pending unusual express furious sly careful blithe quick fluffy slow quiet ruthless thin close dogged \
    daring brave stealthy permanent enticing idle busy regular final ironic even bold silent sleep wake are cajole \
    haggle nag use boost affix detect integrate maintain nod was lose sublate solve thrash promise engage hinder \
    print about above according across after against along among around at before between into of on the to";
