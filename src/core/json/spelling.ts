/** What a JSON text can have in it, however it is spelt (https://www.rfc-editor.org/rfc/rfc8259#section-7): any character may be escaped. */

/** A slash or any character written as an escape. */
const respelt = /\\[/u]/;

/** Returns false only where no name and no string of the text can have the piece, a quick look that saves parsing; true says no more than that it may be there. */
export const mayHave = (text: string, piece: string): boolean => text.includes(piece) || respelt.test(text);
