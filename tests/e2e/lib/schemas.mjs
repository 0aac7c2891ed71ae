// JSON Schemas of what OpenAI and Anthropic publish, made from the types of their clients (published.*.ts), and what an answer has wrong by them.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Ajv from 'ajv';
import { createGenerator } from 'ts-json-schema-generator';

const here = dirname(fileURLToPath(import.meta.url));

/** Numbers that need not be whole: TypeScript has one type for both, OpenAPI two. */
const fractions = /^(temperature|top_p|logprob|.*_logprob|presence_penalty|frequency_penalty|duration|start|end|seconds|speed|score|.*_scores|embedding)$/;

/** The schemas of one of them, which say the same so that a validator tells what is wrong in the variant that is meant: null apart, objects by their `type`. */
class Published {
  /** With `nullsMayLack`, members that may be null need not be there. */
  constructor(id, { nullsMayLack = false } = {}) {
    const generator = createGenerator({
      path: join(here, `published.${id}.ts`), tsconfig: join(here, 'published.tsconfig.json'), type: '*', jsDoc: 'none', functions: 'hide', skipTypeCheck: true, additionalProperties: false,
    });
    this.id = id;
    this.nullsMayLack = nullsMayLack;
    this.types = generator.createSchema().definitions;
    this.ajv = new Ajv({ allErrors: true, strict: false, discriminator: true });
    this.ajv.addSchema({ $id: id, definitions: Object.fromEntries(Object.entries(this.types).map(([name, schema]) => [name, this.plain(schema)])) });
    this.checks = new Map();
  }

  resolved(schema) {
    return schema.$ref ? this.resolved(this.types[decodeURIComponent(schema.$ref.slice('#/definitions/'.length))]) : schema;
  }

  /** The variants of a type, those of its variants included. */
  variants(schema) {
    const own = this.resolved(schema);
    return own.anyOf ? own.anyOf.flatMap(s => this.variants(s)) : [schema];
  }

  mayBeNull(schema) {
    return this.variants(schema).some(v => [this.resolved(v).type].flat().includes('null'));
  }

  typesOf(variant) {
    const { required = [], properties } = this.resolved(variant);
    const type = required.includes('type') && properties.type;
    return type ? [type.const ?? type.enum].flat() : [undefined];
  }

  plain(schema, name = '') {
    const { anyOf, properties, items, type, required, ...rest } = schema;
    const same = { ...rest };
    if (type) same.type = fractions.test(name) ? type : [type].flat().map(t => (t === 'number' ? 'integer' : t));
    if (properties) same.properties = Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, this.plain(value, key)]));
    // What the client itself puts beside the texts of a response need not be there.
    if (required) same.required = required.filter(r => r !== 'output_text' && !(this.nullsMayLack && this.mayBeNull(properties[r])));
    if (items) same.items = this.plain(items, name);
    if (typeof rest.additionalProperties === 'object') same.additionalProperties = this.plain(rest.additionalProperties, name);
    return anyOf ? { ...same, ...this.oneOf(this.variants({ anyOf }), name) } : same;
  }

  oneOf(variants, name) {
    const isNull = variant => variant.type === 'null';
    if (variants.some(isNull)) return { if: { type: 'null' }, else: this.oneOf(variants.filter(v => !isNull(v)), name) };
    if (variants.length === 1) return this.plain(variants[0], name);
    const types = variants.flatMap(v => this.typesOf(v));
    if (types.every(t => typeof t === 'string') && new Set(types).size === types.length) {
      return { type: 'object', required: ['type'], discriminator: { propertyName: 'type' }, oneOf: variants.map(v => this.plain(v, name)) };
    }
    return this.groups(variants, v => [this.resolved(v).type].flat()[0], t => ({ type: t }), name)
      ?? this.groups(variants, v => this.words(v)[0], t => ({ properties: { type: { const: t } }, required: ['type'] }), name)
      ?? { anyOf: variants.map(v => this.plain(v, name)) };
  }

  /** The words a variant may have as its type, which need not be there. */
  words(variant) {
    const { type } = this.resolved(variant).properties ?? {};
    return [type?.const ?? type?.enum].flat();
  }

  /** Variants told apart by something all of them have, one or several of each; null where there is none, or nothing to tell. */
  groups(variants, keyOf, condition, name) {
    const keys = [...new Set(variants.map(keyOf))];
    if (keys.length < 2 || keys.includes(undefined)) return null;
    return keys.reduceRight((others, key) => ({ if: condition(key), then: this.oneOf(variants.filter(v => keyOf(v) === key), name), else: others }), { anyOf: variants.map(v => this.plain(v, name)) });
  }

  /** The check of a type; of a stream's event the one of its own type, undefined where there is none. */
  check(type, event) {
    const key = `${type} ${event}`;
    if (!this.checks.has(key)) {
      const own = event ? this.variants(this.types[type]).find(v => this.typesOf(v).includes(event)) : { $ref: `#/definitions/${type}` };
      this.checks.set(key, own && this.ajv.compile({ $ref: this.id + own.$ref }));
    }
    return this.checks.get(key);
  }
}

/** Anthropic itself leaves out members its clients' types have as null: those it had no word for when the model came. */
const published = [new Published('openai'), new Published('anthropic', { nullsMayLack: true })];

/**
 * What is wrong with a value by a published type, one sentence each; members the type does not have are wrong, unless they are in `ours` as
 * `parent.member`, where the parent is the nearest named one.
 */
export function problems(type, value, { ours = [], event } = {}) {
  const check = published.find(p => p.types[`Any${type}`]).check(`Any${type}`, event);
  if (!check) return [`there is no event '${event}'`];
  if (check(value)) return [];
  return [...new Set(check.errors
    .filter(e => e.keyword !== 'if' && !(e.keyword === 'additionalProperties' && ours.includes(`${parentOf(e.instancePath)}.${e.params.additionalProperty}`)))
    .map(e => `${e.instancePath} ${e.message} ${e.params.additionalProperty ?? e.params.allowedValues?.join(', ') ?? ''} (${said(value, e.instancePath)})`))];
}

const parentOf = path => path.split('/').filter(step => step && !/^\d+$/.test(step)).at(-1) ?? '';

const said = (value, path) => JSON.stringify(path.split('/').slice(1).reduce((at, step) => at?.[step], value))?.slice(0, 100);
