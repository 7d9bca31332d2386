export {
  type BuiltInClass,
  defaultClasses,
  literalClass,
  optionalClasses,
  textClass,
} from "../base/personal-data-classes.ts";
