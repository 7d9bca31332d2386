/** What is known of a skill before it is read: the head of its SKILL.md. */
export interface Skill {
  /** Its folder's name: what a program imports from `./skills/`. */
  folder: string;
  /** What it is called. */
  name: string;
  /** What it does and when to use it. */
  description: string;
}
