using System.Reflection;
using AiOrchestrator.Functions.Http;

namespace AiOrchestrator.Functions.Tests.Durable;

/// <summary>The signatures of eng/ref against the packages they stand for: what compiles against the one compiles against the other.</summary>
public sealed class SignaturesTests
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Assembly Signatures = Assembly.LoadFrom(
        typeof(SignaturesTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(static a => a.Key == "Signatures").Value!);

    /// <summary>Everything the head really runs on, by name.</summary>
    private static readonly Lazy<Dictionary<string, Type>> Real = new(static () => Directory
        .GetFiles(Path.GetDirectoryName(typeof(DataPlane).Assembly.Location)!, "Microsoft.*.dll")
        .Where(static f => Path.GetFileName(f) is { } name
            && (name.StartsWith("Microsoft.Azure.Functions.", StringComparison.Ordinal) || name.StartsWith("Microsoft.DurableTask.", StringComparison.Ordinal)))
        .SelectMany(static f => Assembly.LoadFrom(f).GetExportedTypes())
        .GroupBy(static t => t.FullName!, StringComparer.Ordinal)
        .ToDictionary(static g => g.Key, static g => g.First(), StringComparer.Ordinal));

    [Fact]
    public void Every_signature_is_one_of_the_packages()
    {
        var faults = new List<string>();
        foreach (var signature in Signatures.GetExportedTypes())
        {
            if (!Real.Value.TryGetValue(signature.FullName!, out var real))
            {
                faults.Add($"{signature.FullName} is in no package");
                continue;
            }

            if (Head(signature) != Head(real))
            {
                faults.Add($"{signature.FullName} is {Head(signature)}, and really {Head(real)}");
            }

            var members = Members(real).ToHashSet(StringComparer.Ordinal);
            faults.AddRange(Members(signature).Where(m => !members.Contains(m)).Select(m => $"{signature.FullName} has no {m}"));
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    private static string Head(Type type) =>
        $"{(type.IsInterface ? "interface" : type.IsEnum ? "enum" : type.IsValueType ? "struct" : "class")} {(type.IsAbstract ? "abstract " : "")}{(type.IsSealed ? "sealed " : "")}: {type.BaseType}"
        + $" [{type.GetCustomAttribute<AttributeUsageAttribute>()?.ValidOn}]";

    /// <summary>What sources can name; what the compiler adds of itself is not among it.</summary>
    private static IEnumerable<string> Members(Type type)
    {
        foreach (var member in type.GetMembers(Declared).Where(static m => !m.Name.Contains('<', StringComparison.Ordinal)))
        {
            switch (member)
            {
                case MethodBase { IsPrivate: true } or MethodBase { IsAssembly: true }:
                    break;
                case MethodInfo method when !IsOfARecord(type, method):
                    yield return $"{(method.IsStatic ? "static " : "")}{(method.IsAbstract ? "abstract " : method.IsVirtual && !method.IsFinal ? "virtual " : "")}{method.ReturnType} {method.Name}({Parameters(method)})";
                    break;
                case ConstructorInfo constructor when constructor.GetParameters() is { Length: > 0 } parameters && parameters[0].ParameterType != type:
                    yield return $"new({Parameters(constructor)})";
                    break;
                case FieldInfo { IsPublic: true, IsLiteral: true } constant:
                    yield return $"{constant.Name} = {constant.GetRawConstantValue()}";
                    break;
                default:
                    break;
            }
        }
    }

    private static bool IsOfARecord(Type type, MethodInfo method) =>
        method.Name is "Equals" or "GetHashCode" or "ToString" or "PrintMembers" or "op_Equality" or "op_Inequality" or "get_EqualityContract"
        && type.GetMethod("PrintMembers", Declared) is not null;

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(static p =>
        $"{p.ParameterType} {p.Name}{(p.HasDefaultValue ? $" = {p.RawDefaultValue ?? "null"}" : "")}{(p.IsDefined(typeof(ParamArrayAttribute)) ? " params" : "")}"));
}
