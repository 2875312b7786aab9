/** The elements and attributes a narrative may have (https://hl7.org/fhir/R4/narrative.html#rules, https://www.w3.org/TR/html4/). */

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

export const elements = words('a abbr acronym address area b bdo big blockquote br caption cite code col colgroup dd dfn div dl dt em h1 h2 h3 h4 h5 h6 hr i img kbd li map ol p pre q samp small span strong sub sup table tbody td tfoot th thead tr tt ul var');

const everywhere = words('title style class id lang xml:lang dir accesskey tabindex xml:space');
const cells = 'align valign char charoff';
const special: ReadonlyMap<string, ReadonlySet<string>> = new Map(Object.entries({
  div: words('xmlns align'),
  a: words('name href hreflang rel rev type charset shape coords'),
  area: words('shape coords href nohref alt'),
  img: words('src alt longdesc height width usemap ismap border align'),
  map: words('name'),
  blockquote: words('cite'),
  q: words('cite'),
  table: words('summary width border frame rules cellspacing cellpadding align bgcolor'),
  caption: words('align'),
  col: words(`span width ${cells}`),
  colgroup: words(`span width ${cells}`),
  tbody: words(cells),
  thead: words(cells),
  tfoot: words(cells),
  tr: words(`bgcolor ${cells}`),
  td: words(`abbr axis headers scope rowspan colspan nowrap width height bgcolor ${cells}`),
  th: words(`abbr axis headers scope rowspan colspan nowrap width height bgcolor ${cells}`),
  ol: words('start type'),
  ul: words('type'),
  li: words('value type'),
  p: words('align'),
  pre: words('width'),
  hr: words('align size width'),
}));

/** Attributes that hold a URL. */
export const urls = words('href src cite longdesc usemap');

/** Returns whether the element may have the attribute. */
export const mayHave = (element: string, attribute: string): boolean => everywhere.has(attribute) || special.get(element)?.has(attribute) === true;

/** Returns whether a URL, its references resolved, can be followed without running anything. */
export const isHarmlessUrl = (attribute: string, url: string): boolean => {
  // Browsers drop control characters and white space inside of a scheme.
  const plain = [...url].filter((one) => one > ' ').join('').toLowerCase();
  const scheme = /^([a-z][a-z0-9+.-]*):/.exec(plain)?.[1];
  if (scheme === undefined) return !/^[^/?#]*:/.test(plain);
  if (scheme === 'data') return attribute === 'src' && /^data:image\/(?:png|jpeg|jpg|gif|webp|bmp)[;,]/.test(plain);
  return ['http', 'https', 'mailto', 'tel', 'ftp', 'urn', 'cid'].includes(scheme);
};

const urlForm = /url\s*\(\s*(['"]?)([^'")]*)\1\s*\)/g;

/** A picture beside the resource or within it; one from elsewhere would tell that somebody where and when it is read. */
const isNearPicture = (url: string): boolean => isHarmlessUrl('src', url) && url.trim() !== '' && (/^\s*data:/.test(url) || !/^\s*(?:[a-z][a-z0-9+.-]*:|[/\\]{2})/.test(url));

/** Returns whether a style cannot fetch anything from elsewhere or run a script; a picture may be its background. */
export const isHarmlessStyle = (style: string): boolean => {
  const plain = style.replace(/\/\*[^]*?\*\//g, '').toLowerCase();
  if (/expression\s*\(|javascript:|vbscript:|@import|behaviou?r\s*:|-moz-binding|\\/.test(plain)) return false;
  const rest = plain.replace(urlForm, (_all, _quote, url: string) => (isNearPicture(url) ? '' : 'url('));
  return !/url\s*\(/.test(rest);
};

/** Named characters of XHTML 1.0, which narratives may use (https://www.w3.org/TR/xhtml1/dtds.html#h-A2). */
export const entities = words([
  'quot amp lt gt apos nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest',
  'Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig',
  'agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml',
  'OElig oelig Scaron scaron Yuml circ tilde ensp emsp thinsp zwnj zwj lrm rlm ndash mdash lsquo rsquo sbquo ldquo rdquo bdquo dagger Dagger permil lsaquo rsaquo euro fnof',
  'Alpha Beta Gamma Delta Epsilon Zeta Eta Theta Iota Kappa Lambda Mu Nu Xi Omicron Pi Rho Sigma Tau Upsilon Phi Chi Psi Omega',
  'alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigmaf sigma tau upsilon phi chi psi omega thetasym upsih piv',
  'bull hellip prime Prime oline frasl weierp image real trade alefsym larr uarr rarr darr harr crarr lArr uArr rArr dArr hArr forall part exist empty nabla isin notin ni prod sum minus lowast radic prop infin ang and or cap cup int there4 sim cong asymp ne equiv le ge sub sup nsub sube supe oplus otimes perp sdot lceil rceil lfloor rfloor lang rang loz spades clubs hearts diams',
].join(' '));
