/** Who we are to a registry. */
export type Credential =
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  /** An identity token (`docker login` with OAuth2): it is exchanged for access tokens. */
  | { readonly kind: 'identity-token'; readonly token: string };
