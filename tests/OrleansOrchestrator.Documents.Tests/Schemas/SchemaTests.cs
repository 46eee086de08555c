using OrleansOrchestrator.Documents.Schemas;

namespace OrleansOrchestrator.Documents.Tests.Schemas;

public sealed class SchemaTests
{
    private const string Prunable = """
        {'type':'object','properties':{'spec':{'type':'object','properties':{
          'name':{'type':'string'},
          'free':{'type':'object','x-kubernetes-preserve-unknown-fields':true,'properties':{'known':{'type':'object'}}},
          'map':{'type':'object','additionalProperties':{'type':'object','properties':{'a':{'type':'integer'}}}},
          'list':{'type':'array','items':{'type':'object','properties':{'a':{'type':'integer'}}}},
          'template':{'type':'object','x-kubernetes-embedded-resource':true,'properties':{'spec':{'type':'object'}}}}}}}
        """;

    [Theory]
    [InlineData("{'spec':{'name':'a','other':1},'more':2}", "{'spec':{'name':'a'}}")]
    [InlineData("{'spec':{'free':{'x':{'y':1},'known':{'z':1}}}}", "{'spec':{'free':{'x':{'y':1},'known':{}}}}")]
    [InlineData("{'spec':{'map':{'k':{'a':1,'b':2}}}}", "{'spec':{'map':{'k':{'a':1}}}}")]
    [InlineData("{'spec':{'list':[{'a':1,'b':2},{'c':3}]}}", "{'spec':{'list':[{'a':1},{}]}}")]
    [InlineData("{'spec':{'template':{'apiVersion':'v1','kind':'Pod','metadata':{'name':'a'},'x':1}}}", "{'spec':{'template':{'apiVersion':'v1','kind':'Pod','metadata':{'name':'a'}}}}")]
    public void Pruning_OfObject_KeepsWhatTheSchemaKnows(string json, string expected) => new SchemaCase(Prunable).Pruned(json).ShouldBe(expected);

    [Theory]
    [InlineData("{'spec':{'name':'a'}}", "")]
    [InlineData("{'spec':{'nam':'a','list':[{'a':1},{'b':2}],'free':{'x':1}}}", "unknown field 'spec.nam'\nunknown field 'spec.list[1].b'")]
    [InlineData("{'spec':{'name':'a','name':'b'},'metadata':{'labls':{}}}", "duplicate field 'spec.name'\nunknown field 'metadata.labls'")]
    [InlineData("{'spec':{'free':{'x':{'y':1,'y':2}}}}", "duplicate field 'spec.free.x.y'")]
    public void UnknownFields_OfBody_AreTold(string json, string expected) => new SchemaCase(Prunable).Unknown(json).ShouldBe(expected);

    private const string Defaulting = """
        {'type':'object','properties':{
          'spec':{'type':'object','default':{},'properties':{
            'replicas':{'type':'integer','default':1},
            'mode':{'type':'string','nullable':true,'default':'slow'},
            'ports':{'type':'array','items':{'type':'object','properties':{'protocol':{'type':'string','default':'TCP'}}}},
            'deep':{'type':'object','properties':{'x':{'type':'integer','default':7}}}}}}}
        """;

    [Theory]
    [InlineData("{}", "{'spec':{'replicas':1,'mode':'slow'}}")]
    [InlineData("{'spec':{'replicas':0}}", "{'spec':{'replicas':0,'mode':'slow'}}")]
    [InlineData("{'spec':{'replicas':null,'mode':null}}", "{'spec':{'replicas':1,'mode':null}}")]
    [InlineData("{'spec':{'replicas':2,'mode':'a','ports':[{},{'protocol':'UDP'}]}}", "{'spec':{'replicas':2,'mode':'a','ports':[{'protocol':'TCP'},{'protocol':'UDP'}]}}")]
    [InlineData("{'spec':{'replicas':2,'mode':'a','deep':{}}}", "{'spec':{'replicas':2,'mode':'a','deep':{'x':7}}}")]
    public void Defaults_OfSchema_FillWhatIsMissing(string json, string expected) => new SchemaCase(Defaulting).Defaulted(json).ShouldBe(expected);

    private const string Nullable = """
        {'type':'object','properties':{
          'text':{'type':'string'},
          'port':{'x-kubernetes-int-or-string':true},
          'allowed':{'type':'string','nullable':true},
          'filled':{'type':'string','default':'d'},
          'map':{'type':'object','additionalProperties':{'type':'string'}},
          'list':{'type':'array','items':{'type':'object','properties':{'a':{'type':'string'}}}},
          'free':{'type':'object','x-kubernetes-preserve-unknown-fields':true,'properties':{'a':{'type':'string'}}},
          'any':{'type':'object','additionalProperties':true}}}
        """;

    [Theory]
    [InlineData("{'text':null,'port':null}", "{'filled':'d'}")]
    [InlineData("{'allowed':null,'filled':null}", "{'allowed':null,'filled':'d'}")]
    [InlineData("{'map':{'k':null,'l':'x'},'filled':'x'}", "{'map':{'l':'x'},'filled':'x'}")]
    [InlineData("{'list':[{'a':null},null],'filled':'x'}", "{'list':[{},null],'filled':'x'}")]
    [InlineData("{'free':{'a':null,'b':null},'any':{'x':null},'filled':'x'}", "{'free':{'b':null},'any':{'x':null},'filled':'x'}")]
    public void Null_WhereTheSchemaHasNoPlaceForIt_IsDropped(string json, string expected) => new SchemaCase(Nullable).WithoutNulls(json).ShouldBe(expected);

    private const string Embedded = """
        {'type':'object','properties':{
          'one':{'type':'object','x-kubernetes-embedded-resource':true,'x-kubernetes-preserve-unknown-fields':true},
          'map':{'type':'object','additionalProperties':{'type':'object','x-kubernetes-embedded-resource':true,'x-kubernetes-preserve-unknown-fields':true}},
          'list':{'type':'array','items':{'type':'object','properties':{'in':{'type':'object','x-kubernetes-embedded-resource':true,'x-kubernetes-preserve-unknown-fields':true}}}}}}
        """;

    [Theory]
    [InlineData("{'one':{'metadata':{'name':'a','unknown':1,'creationTimestamp':null},'x':1}}", "{'one':{'metadata':{'name':'a'},'x':1}}")]
    [InlineData("{'list':[{'in':{'metadata':{'labels':{'a':'b'},'other':{}}}}]}", "{'list':[{'in':{'metadata':{'labels':{'a':'b'}}}}]}")]
    [InlineData("{'map':{'k':{'kind':7}}}", "map.k.kind: Invalid value: 7: must be a string")]
    public void EmbeddedObject_AsSent_IsBroughtIntoShape(string json, string expected) => new SchemaCase(Embedded).Coerced(json).ShouldBe(expected);

    [Fact]
    public void EmbeddedObject_StoredMalformed_LosesWhatDoesNotFit() =>
        new SchemaCase(Embedded).Coerced("{'one':{'kind':7,'metadata':{'name':'a','labels':'x'}}}", dropsMalformed: true).ShouldBe("{'one':{'metadata':{'name':'a'}}}");

    [Theory]
    [InlineData("{'one':{'apiVersion':'v1','kind':'Pod'}}", "")]
    [InlineData("{'one':{'apiVersion':'apps/v1','kind':'Deployment','metadata':{'name':'a.b','namespace':'c','labels':{'d':'e'}}}}", "")]
    [InlineData("{'one':{}}", "one.apiVersion: Required value\none.kind: Required value")]
    [InlineData("{'map':{'k':{'apiVersion':'','kind':'Pod'}}}", "map.k.apiVersion: Invalid value: '': must not be empty")]
    [InlineData("{'one':{'apiVersion':'a/b/c','kind':'Pod'}}", "one.apiVersion: Invalid value: 'a/b/c': unexpected GroupVersion string: a/b/c")]
    [InlineData("{'list':[{'in':{'apiVersion':'v1','kind':'Pod','metadata':{'name':'a/b','labels':{'a':'?'}}}}]}", "list[0].in.metadata.name: Invalid value: 'a/b': may not contain '/'\n" +
        "list[0].in.metadata.labels: Invalid value: '?': a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')")]
    public void EmbeddedObject_WithFaults_IsRefusedByThem(string json, string expected) => new SchemaCase(Embedded).EmbeddedFaults(json).ShouldBe(expected);

    private const string Tightened = """
        {'type':'object','properties':{
          'a':{'type':'integer','maximum':5},'b':{'type':'integer','maximum':5},
          'list':{'type':'array','x-kubernetes-list-type':'map','x-kubernetes-list-map-keys':['k'],
            'items':{'type':'object','properties':{'k':{'type':'string'},'v':{'type':'integer','maximum':5}}}},
          'atoms':{'type':'array','items':{'type':'integer','maximum':5}}}}
        """;

    [Theory]
    [InlineData("{'a':9,'b':1}", "{'a':9,'b':2}", "")]
    [InlineData("{'a':9}", "{'a':8}", "a: Invalid value: 8: a in body should be less than or equal to 5")]
    [InlineData("{'list':[{'k':'x','v':9}]}", "{'list':[{'k':'y','v':1},{'k':'x','v':9}]}", "")]
    [InlineData("{'list':[{'k':'x','v':9}]}", "{'list':[{'k':'y','v':9}]}", "list[0].v: Invalid value: 9: list[0].v in body should be less than or equal to 5")]
    [InlineData("{'atoms':[9]}", "{'atoms':[9,1]}", "atoms[0]: Invalid value: 9: atoms[0] in body should be less than or equal to 5")]
    public void Change_OfObjectThatBrokeItsSchemaBefore_AnswersForWhatItChanges(string current, string updated, string expected) =>
        new SchemaCase(Tightened).Faults(updated, current).ShouldBe(expected);

    [Theory]
    [InlineData(@"^[[:alpha:]_]+$", "a_b", true)]
    [InlineData(@"^[[:alpha:]_]+$", "a1", false)]
    [InlineData(@"^[^[:digit:]]$", "1", false)]
    [InlineData(@"^\d+$", "٣", false)]
    [InlineData(@"^[\w.]+$", "é", false)]
    [InlineData(@"^(?P<name>a|b)$", "a", true)]
    [InlineData(@"^\pL\p{Nd}$", "é3", true)]
    [InlineData(@"^[a-z-[b]+$", "a[", true)]
    [InlineData(@"^\Qa.b\E$", "axb", false)]
    [InlineData(@"^\x{41}$", "A", true)]
    [InlineData(@"^a$|^b$", "a\n", false)]
    [InlineData(@"^[]a]+$", "]a", true)]
    [InlineData(@"^[\]\\$]+$", "]$\\", true)]
    [InlineData(@"^\$\.$", "$.", true)]
    [InlineData(@"(?i)^abc$", "ABC", true)]
    public void Pattern_InTheSyntaxOfRe2_MeansWhatItMeansThere(string pattern, string text, bool matches) =>
        SchemaPattern.TryCompile(pattern)!.IsMatch(text).ShouldBe(matches);

    [Theory]
    [InlineData("(?=a)")]
    [InlineData("(?<!a)b")]
    [InlineData("(a)\\1")]
    [InlineData("[[:nope:]]")]
    [InlineData("[a")]
    [InlineData("a\\")]
    public void Pattern_NotOfRe2_IsRefused(string pattern) => SchemaPattern.TryCompile(pattern).ShouldBeNull();

    [Theory]
    [InlineData("{'type':'integer'}", "'a'", "f: Invalid value: 'string': f in body must be of type integer: 'string'")]
    [InlineData("{'type':'integer'}", "1.5", "f: Invalid value: 'number': f in body must be of type integer: 'number'")]
    [InlineData("{'type':'integer'}", "2.0", "")]
    [InlineData("{'type':'string'}", "null", "f: Invalid value: 'null': f in body must be of type string: 'null'")]
    [InlineData("{'type':'string','nullable':true}", "null", "")]
    [InlineData("{'x-kubernetes-int-or-string':true}", "'50%'", "")]
    [InlineData("{'x-kubernetes-int-or-string':true}", "true", "f: Invalid value: 'boolean': f in body must be of type integer,string: 'boolean'")]
    [InlineData("{'type':'integer','minimum':1}", "0", "f: Invalid value: 0: f in body should be greater than or equal to 1")]
    [InlineData("{'type':'integer','maximum':5,'exclusiveMaximum':true}", "5", "f: Invalid value: 5: f in body should be less than 5")]
    [InlineData("{'type':'number','multipleOf':0.5}", "0.7", "f: Invalid value: 0.7: f in body should be a multiple of 0.5")]
    [InlineData("{'type':'string','minLength':3}", "'ab'", "f: Invalid value: 'ab': f in body should be at least 3 chars long")]
    [InlineData("{'type':'string','maxLength':3}", "'abcd'", "f: Too long: may not be more than 3 bytes")]
    [InlineData("{'type':'string','maxLength':1}", "'😀'", "")]
    [InlineData("{'type':'string','pattern':'^a+$'}", "'ab'", "f: Invalid value: 'ab': f in body should match '^a+$'")]
    [InlineData("{'type':'string','enum':['a','b']}", "'c'", "f: Unsupported value: 'c': supported values: 'a', 'b'")]
    [InlineData("{'type':'string','format':'ipv4'}", "'::1'", "f: Invalid value: '::1': f in body must be of type ipv4: '::1'")]
    [InlineData("{'type':'string','format':'date-time'}", "'2026-01-01T00:00:00Z'", "")]
    [InlineData("{'type':'string','format':'made-up'}", "'x'", "")]
    [InlineData("{'type':'array','items':{'type':'integer'},'minItems':1}", "[]", "f: Invalid value: []: f in body should have at least 1 items")]
    [InlineData("{'type':'array','items':{'type':'integer'},'maxItems':1}", "[1,2]", "f: Too many: 2: must have at most 1 items")]
    [InlineData("{'type':'array','items':{'type':'integer'}}", "[1,'a']", "f[1]: Invalid value: 'string': f[1] in body must be of type integer: 'string'")]
    [InlineData("{'type':'array','x-kubernetes-list-type':'set','items':{'type':'string'}}", "['a','b','a']", "f[2]: Duplicate value: 'a'")]
    [InlineData("{'type':'array','x-kubernetes-list-type':'map','x-kubernetes-list-map-keys':['k'],'items':{'type':'object','properties':{'k':{'type':'string'},'v':{'type':'string'}}}}",
        "[{'k':'a','v':'1'},{'k':'a','v':'2'}]", "f[1]: Duplicate value: {'k':'a'}")]
    [InlineData("{'type':'object','required':['a'],'properties':{'a':{'type':'string'}}}", "{}", "f.a: Required value")]
    [InlineData("{'type':'object','additionalProperties':{'type':'integer'}}", "{'a':'b'}", "f.a: Invalid value: 'string': f.a in body must be of type integer: 'string'")]
    [InlineData("{'type':'integer','not':{'enum':[3]}}", "3", "f: Invalid value: 3: 'f' must not validate the schema (not)")]
    [InlineData("{'type':'integer','oneOf':[{'minimum':1},{'minimum':2}]}", "5", "f: Invalid value: 5: 'f' must validate one and only one schema (oneOf). Found 2 valid alternatives")]
    [InlineData("{'type':'integer','anyOf':[{'maximum':1},{'minimum':9}]}", "5",
        "f: Invalid value: 5: 'f' must validate at least one schema (anyOf)\nf: Invalid value: 5: f in body should be less than or equal to 1")]
    public void Validation_OfValue_UsesKubernetesWords(string schema, string value, string expected) =>
        new SchemaCase($"{{'type':'object','properties':{{'f':{schema}}}}}").Faults($"{{'f':{value}}}").ShouldBe(expected);

    [Theory]
    [InlineData("{'type':'object','properties':{'a':{'type':'string'}}}", "")]
    [InlineData("{'type':'string'}", "schema.type: Invalid value: 'string': must be object at the root")]
    [InlineData("{'type':'object','properties':{'a':{}}}", "schema.properties[a].type: Required value: must not be empty for specified object fields")]
    [InlineData("{'type':'object','properties':{'a':{'type':'array'}}}", "schema.properties[a].items: Required value: must be specified")]
    [InlineData("{'type':'object','properties':{'a':{'type':'array','items':{}}}}", "schema.properties[a].items.type: Required value: must not be empty for specified array items")]
    [InlineData("{'type':'object','properties':{'metadata':{'type':'object','properties':{'labels':{'type':'object'}}}}}",
        "schema.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified")]
    [InlineData("{'type':'object','properties':{'a':{'type':'string','anyOf':[{'type':'string'}]}}}", "schema.properties[a].anyOf[0].type: Forbidden: must be empty to be structural")]
    [InlineData("{'type':'object','properties':{'a':{'x-kubernetes-int-or-string':true,'anyOf':[{'type':'integer'},{'type':'string'}]}}}", "")]
    [InlineData("{'type':'object','properties':{'a':{'type':'string','pattern':'('}}}", "schema.properties[a].pattern: Invalid value: '(': must be a valid regular expression, but isn't")]
    [InlineData("{'type':'object','properties':{'a':{'type':'integer','default':'x'}}}",
        "schema.properties[a].default: Invalid value: 'string': schema.properties[a].default in body must be of type integer: 'string'")]
    [InlineData("{'type':'object','properties':{'a':{'type':'array','x-kubernetes-list-type':'map','items':{'type':'object'}}}}",
        "schema.properties[a].x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map")]
    [InlineData("{'type':'object','additionalProperties':{'type':'string'}}", "schema.additionalProperties: Forbidden: must not be used at the root")]
    [InlineData("{'type':'object','required':['metadata','kind'],'properties':{'kind':{'type':'string'},'metadata':{'type':'object','properties':{'name':{'type':'string','maxLength':5}}}}}", "")]
    [InlineData("{'type':'object','properties':{'kind':{'type':'integer'}}}", "schema.properties[kind].type: Invalid value: 'integer': must be string")]
    [InlineData("{'type':'object','properties':{'metadata':{'type':'object','properties':{'name':{'type':'string','default':'x'}}}}}",
        "schema.properties[metadata].properties[name].default: Forbidden: must not be set in top-level metadata")]
    [InlineData("{'type':'object','properties':{'a':{'type':'object','x-kubernetes-embedded-resource':true}}}",
        "schema.properties[a].properties: Required value: must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields")]
    [InlineData("{'type':'object','properties':{'a':{'type':'object','x-kubernetes-embedded-resource':true,'properties':{'metadata':{'type':'string'}}}}}",
        "schema.properties[a].properties[metadata].type: Invalid value: 'string': must be object")]
    [InlineData("{'type':'object','properties':{'a':{'x-kubernetes-int-or-string':true,'allOf':[{'anyOf':[{'type':'integer'},{'type':'string'}]},{'maximum':5}]}}}", "")]
    [InlineData("{'type':'object','properties':{'a':{'x-kubernetes-int-or-string':true,'oneOf':[{'type':'integer'}]}}}", "schema.properties[a].oneOf[0].type: Forbidden: must be empty to be structural")]
    [InlineData("{'type':'object','anyOf':[{'required':['spec']},{'properties':{'b':{'minimum':1}}}]}", "schema.properties[b]: Required value: because it is defined in schema.anyOf[1].properties[b]")]
    [InlineData("{'type':'object','properties':{'metadata':{'type':'object'}},'not':{'properties':{'metadata':{}}}}", "schema.not.properties[metadata]: Forbidden: must not be specified in a nested context")]
    [InlineData("{'type':'object','properties':{'a':{'type':'object','properties':{'b':{'type':'string'}},'default':{'c':1}}}}",
        "schema.properties[a].default: Invalid value: {'c':1}: must not have unknown fields")]
    public void Schema_NotStructural_IsRefused(string schema, string expected) => SchemaCase.RulesOf(schema).ShouldBe(expected);

    [Theory]
    [InlineData("{'type':'object',RULES}", "schema")]
    [InlineData("{'type':'object','properties':{'a':{'type':'string',RULES}}}", "schema.properties[a]")]
    [InlineData("{'type':'object','properties':{'a':{'type':'array','items':{'type':'string',RULES}}}}", "schema.properties[a].items")]
    [InlineData("{'type':'object','properties':{'a':{'type':'object','additionalProperties':{'type':'string',RULES}}}}", "schema.properties[a].additionalProperties")]
    [InlineData("{'type':'object','allOf':[{RULES}]}", "schema.allOf[0]")]
    [InlineData("{'type':'object','properties':{'a':{'type':'string'}},'allOf':[{'properties':{'a':{RULES}}}]}", "schema.allOf[0].properties[a]")]
    public void Schema_WithValidationRules_IsRefusedWhereverTheyStand(string schema, string place) =>
        RulesOf(schema).ShouldBe($"{place}.x-kubernetes-validations: Forbidden: validation rules in the Common Expression Language are not supported by this server");

    [Theory]
    [InlineData("{'type':'object','anyOf':[{RULES}]}", "schema.anyOf[0]")]
    [InlineData("{'type':'object','oneOf':[{RULES}]}", "schema.oneOf[0]")]
    [InlineData("{'type':'object','not':{RULES}}", "schema.not")]
    [InlineData("{'type':'object','not':{'allOf':[{RULES}]}}", "schema.not.allOf[0]")]
    public void Schema_WithValidationRulesThatMayNotCount_IsNotStructural(string schema, string place) =>
        RulesOf(schema).ShouldBe($"{place}.x-kubernetes-validations: Forbidden: must be empty to be structural");

    [Theory]
    [InlineData("{'type':'object','x-kubernetes-validations':[]}")]
    [InlineData("{'type':'object','allOf':[{'x-kubernetes-validations':[]}]}")]
    [InlineData("{'type':'object','anyOf':[{'x-kubernetes-validations':[]}]}")]
    public void Schema_WithNoValidationRules_IsAccepted(string schema) => SchemaCase.RulesOf(schema).ShouldBe("");

    private static string RulesOf(string schema) =>
        SchemaCase.RulesOf(schema.Replace("RULES", "'x-kubernetes-validations':[{'rule':'true'}]", StringComparison.Ordinal));
}
