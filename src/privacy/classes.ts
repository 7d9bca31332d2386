export {
  type BuiltInClass,
  defaultClasses,
  guardedClasses,
  literalClass,
  optionalClasses,
  textClass,
} from "../base/personal-data-classes.ts";
