using System.Globalization;
using System.Reflection;

namespace AiOrchestrator.Core.Platform;

/// <summary>
/// Sets options by the names people write (<c>Section:Name</c>, whatever the case). What is not understood is an error that names it: a
/// misspelt option never passes for a default. Which sections there are is up to the head.
/// </summary>
public static class OptionBinder
{
    /// <summary>What environment variables of the product begin with.</summary>
    public const string Prefix = "AO_";

    /// <summary>An environment variable's name as an option's: <c>AO_Gateway__MaxBodyBytes</c> is <c>Gateway:MaxBodyBytes</c>.</summary>
    public static string PathOf(string variable) => variable[Prefix.Length..].Replace("__", ":", StringComparison.Ordinal);

    /// <summary>Sets an option of a section.</summary>
    /// <param name="sections">The sections by name; the names are compared as the dictionary does.</param>
    /// <param name="path"><c>Section:Name</c>.</param>
    /// <param name="value">What was written.</param>
    /// <param name="shownAs">How the option is called where it was written, for the error.</param>
    /// <param name="errors">Gets one line for what is wrong.</param>
    public static void SetInSection(
        IReadOnlyDictionary<string, object> sections, string path, string value, string shownAs, ICollection<string> errors)
    {
        if (path.Split(':') is [var name, var property] && sections.TryGetValue(name, out var section))
        {
            Set(section, property, value, shownAs, errors);
        }
        else
        {
            errors.Add(Unknown(shownAs));
        }
    }

    /// <summary>Sets a property: a text, a whole number, or one of an enumeration's names.</summary>
    public static void Set(object target, string property, string value, string shownAs, ICollection<string> errors)
    {
        var info = target.GetType().GetProperty(property, BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase);
        if (info is not { CanWrite: true })
        {
            errors.Add(Unknown(shownAs));
            return;
        }

        if (info.PropertyType == typeof(string))
        {
            info.SetValue(target, value);
        }
        else if (info.PropertyType == typeof(int) && int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            info.SetValue(target, number);
        }
        else if (info.PropertyType == typeof(long) && long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var large))
        {
            info.SetValue(target, large);
        }
        else if (info.PropertyType.IsEnum && Enum.TryParse(info.PropertyType, value, ignoreCase: true, out var named) && !char.IsAsciiDigit(value[0]))
        {
            info.SetValue(target, named);
        }
        else
        {
            var expected = info.PropertyType.IsEnum
                ? $"one of {string.Join(", ", Enum.GetNames(info.PropertyType)).ToLowerInvariant()}"
                : "a whole number";
            errors.Add($"{shownAs} is '{value}': it must be {expected}");
        }
    }

    private static string Unknown(string shownAs) => $"{shownAs} is not an option; docs/operations/options.md lists them";
}
