/** Of the table or alias `c`: one that a block made does not exist for its members before it has a message. */
export const isShown = '(c.is_listed OR c.last_seq > 0)';
