export interface User {
  id: string;
  username: string;
  displayName: string;
}
